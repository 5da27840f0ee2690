/// pipelines/holes.yaml
pub mod holes {
    use ::tracecore_runtime::private as rt;
    use ::tracecore_components::exporters::prometheus;
    use ::tracecore_components::exporters::stdout;
    use ::tracecore_components::processors::attributes;
    use ::tracecore_components::processors::filter;
    use ::tracecore_components::receivers::clock;
    use ::tracecore_components::receivers::nvml;

    pub static PIPELINE: rt::Pipeline = rt::Pipeline {
        name: "holes",
        file: "pipelines/holes.yaml",
        hash: "e9281289415922ef",
        telemetry,
        holes: &[
            rt::hole::<rt::telemetry::Config>("telemetry", &["listen"], "localhost:${env:TELEMETRY_PORT:-8888}", "pipelines/holes.yaml:4:11"),
            rt::hole::<prometheus::Config>("exporters.prometheus", &["compression"], "${env:GZIP:-true}", "pipelines/holes.yaml:20:51"),
            rt::hole::<attributes::Config>("processors.attributes", &["actions", "1", "value"], "${env:CLUSTER:-none}", "pipelines/holes.yaml:18:47"),
            rt::hole::<clock::Config>("receivers.clockreceiver/a", &["interval"], "${env:TICK:-250ms}", "pipelines/holes.yaml:7:31"),
        ],
        start,
    };

    fn telemetry(host: &rt::Holes) -> rt::Result<Option<rt::telemetry::Config>> {
        Ok(Some(rt::telemetry::Config { enabled: true, listen: host.fill(0)?, paths: rt::telemetry::Paths { metrics: rt::telemetry::path("/own"), ..rt::telemetry::Paths::default() }, ..rt::telemetry::Config::default() })) // pipelines/holes.yaml:2:1
    }

    pub fn start(host: &mut rt::Host) -> rt::Result<()> {
        let prometheus = host.exporter::<prometheus::Prometheus>("prometheus", prometheus::Config { listen: rt::listen("[::1]:9464"), compression: host.fill(1)?, ..prometheus::Config::default() })?; // pipelines/holes.yaml:20:3
        let stdoutexporter = host.exporter::<stdout::Table>("stdoutexporter", stdout::Config { format: stdout::Format::Table, ..stdout::Config::default() })?; // pipelines/holes.yaml:21:3
        let filter = host.processor::<filter::Filter>("filter", filter::Config { include: vec![rt::Glob::new("*")], exclude_attributes: vec![filter::AttributeMatch { key: "hw.id".into(), value: rt::Pattern::new("GPU-*"), metrics: vec![], events: vec![] }], ..filter::Config::default() })?; // pipelines/holes.yaml:11:3
        let attributes = host.processor::<attributes::Attributes>("attributes", attributes::Config { actions: vec![attributes::Action { key: "hw.serial_number".into(), action: attributes::Verb::Hash, value: None, to: None }, attributes::Action { key: "cluster".into(), action: attributes::Verb::Insert, value: Some(host.fill(2)?), to: None }], metrics: vec![], events: vec![], salt: Some(rt::Secret::file("/run/secrets/salt")) })?; // pipelines/holes.yaml:14:3
        host.receiver::<clock::ClockReceiver>("clockreceiver/a", clock::Config { interval: host.fill(3)? })? // pipelines/holes.yaml:7:3
            .metrics("metrics/a", (&filter, &attributes), (&prometheus, &stdoutexporter)) // pipelines/holes.yaml:24:17
            .start()?;
        host.receiver::<clock::ClockReceiver>("clockreceiver/b", clock::Config { interval: rt::Duration::from_nanos(1500000) })? // pipelines/holes.yaml:8:3
            .metrics("metrics/a", (&filter, &attributes), (&prometheus, &stdoutexporter)) // pipelines/holes.yaml:24:34
            .start()?;
        host.receiver::<nvml::SimulatedNvml>("nvml", nvml::Config { simulated: Some(nvml::Simulated { gpus: Some(8), seed: Some(7), ..nvml::Simulated::default() }), ..nvml::Config::default() })? // pipelines/holes.yaml:9:3
            .metrics("metrics/a", (&filter, &attributes), (&prometheus, &stdoutexporter)) // pipelines/holes.yaml:24:51
            .metrics("metrics/b", (), (&stdoutexporter,)) // pipelines/holes.yaml:28:17
            .start()?;
        Ok(())
    }
}

pub static PIPELINES: &[&::tracecore_runtime::private::Pipeline] = &[&holes::PIPELINE];
