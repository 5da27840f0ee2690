/// pipelines/smallest.yaml
pub mod smallest {
    use ::tracecore_runtime::private as rt;
    use ::tracecore_components::exporters::stdout;
    use ::tracecore_components::receivers::clock;

    pub static PIPELINE: rt::Pipeline = rt::Pipeline {
        name: "smallest",
        file: "pipelines/smallest.yaml",
        hash: "aa5602df5ffb2e27",
        telemetry,
        holes: &[],
        start,
    };

    fn telemetry(_: &rt::Holes) -> rt::Result<Option<rt::telemetry::Config>> {
        Ok(None)
    }

    pub fn start(host: &mut rt::Host) -> rt::Result<()> {
        let stdoutexporter = host.exporter::<stdout::Json>("stdoutexporter", stdout::Config::default())?; // pipelines/smallest.yaml:4:3
        host.receiver::<clock::ClockReceiver>("clockreceiver", clock::Config::default())? // pipelines/smallest.yaml:2:3
            .metrics("metrics", (), (&stdoutexporter,)) // pipelines/smallest.yaml:7:17
            .start()?;
        Ok(())
    }
}

pub static PIPELINES: &[&::tracecore_runtime::private::Pipeline] = &[&smallest::PIPELINE];
