// SPDX-License-Identifier: Apache-2.0
//! How bad an event is: defaults, and what the operator says.

use tracecore_runtime::Severity;

use super::config::{EVENTS, Level, Policy, SXIDS};
use super::lines::general::Kind;
use super::lines::sxid::SxidSeverity;
use crate::receivers::xid::{Action, action};

/// The operator's policy, looked up once.
#[derive(Clone, Debug)]
pub(super) struct Severities {
    actions: [Severity; Action::ALL.len()],
    codes: Vec<(u32, Severity)>,
    sxids: [Severity; SXIDS.len()],
    events: [Option<Severity>; EVENTS.len()],
}

impl Severities {
    pub(super) fn new(policy: &Policy) -> Self {
        let chosen =
            |map: &std::collections::BTreeMap<String, Level>, name: &str| map.get(name).map(|it| number(*it));
        Self {
            actions: Action::ALL.map(|action| {
                chosen(&policy.actions, action.name()).unwrap_or_else(|| number(by_default(action)))
            }),
            codes: policy
                .codes
                .iter()
                .filter_map(|(code, level)| Some((code.parse().ok()?, number(*level))))
                .collect(),
            sxids: SXIDS.map(|name| {
                let default = match name {
                    "fatal" => Severity::FATAL,
                    "non_fatal" => Severity::ERROR,
                    _ => Severity::WARN,
                };
                chosen(&policy.sxids, name).unwrap_or(default)
            }),
            events: EVENTS.map(|name| chosen(&policy.events, name)),
        }
    }

    pub(super) fn of_xid(&self, code: u32) -> Severity {
        match self.codes.iter().find(|(known, _)| *known == code) {
            Some((_, severity)) => *severity,
            None => self.actions[action(code) as usize],
        }
    }

    pub(super) fn of_sxid(&self, severity: SxidSeverity) -> Severity {
        self.sxids[severity as usize]
    }

    pub(super) fn of_event(&self, kind: Kind, level: u8) -> Severity {
        self.events[kind as usize].unwrap_or_else(|| of_level(level))
    }
}

/// How bad an Xid is unless the operator says otherwise.
const fn by_default(action: Action) -> Level {
    match action {
        Action::RestartMachine => Level::Fatal,
        Action::ResetGpu
        | Action::Workflow
        | Action::ContactSupport
        | Action::CheckMechanics
        | Action::RestartVm => Level::Error,
        Action::RestartApplication | Action::UpdateSoftware | Action::CheckUvm | Action::Unspecified => {
            Level::Warn
        }
        Action::Ignore => Level::Info,
    }
}

const fn number(level: Level) -> Severity {
    match level {
        Level::Trace => Severity::TRACE,
        Level::Debug => Severity::DEBUG,
        Level::Info => Severity::INFO,
        Level::Warn => Severity::WARN,
        Level::Error => Severity::ERROR,
        Level::Fatal => Severity::FATAL,
    }
}

/// The kernel's level on OpenTelemetry's scale: its own mapping of syslog.
pub(super) const fn of_level(level: u8) -> Severity {
    match level {
        0 => Severity::FATAL,
        1 => Severity::ERROR3,
        2 => Severity::ERROR2,
        3 => Severity::ERROR,
        4 => Severity::WARN,
        5 => Severity::INFO2,
        6 => Severity::INFO,
        _ => Severity::DEBUG,
    }
}

/// What the kernel calls a level.
pub(super) const fn name_of_level(level: u8) -> &'static str {
    match level {
        0 => "emerg",
        1 => "alert",
        2 => "crit",
        3 => "err",
        4 => "warning",
        5 => "notice",
        6 => "info",
        _ => "debug",
    }
}

#[cfg(test)]
mod tests {
    use tracecore_runtime::Severity;

    use super::super::config::{EVENTS, Level, Policy, SXIDS};
    use super::super::lines::general::Kind;
    use super::super::lines::sxid::SxidSeverity;
    use super::Severities;

    #[test]
    fn the_schema_half_names_what_the_parser_finds() {
        let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(kinds, EVENTS);
        for (at, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at);
        }
        use SxidSeverity::{Correctable, Fatal, NonFatal, Unspecified};
        assert_eq!([Fatal, NonFatal, Correctable, Unspecified].map(SxidSeverity::name), SXIDS);
    }

    #[test]
    fn a_code_counts_before_its_action_and_both_before_the_default() {
        let default = Severities::new(&Policy::default());
        assert_eq!(default.of_xid(79), Severity::FATAL);
        assert_eq!(default.of_xid(119), Severity::ERROR);
        assert_eq!(default.of_xid(43), Severity::INFO);
        assert_eq!(default.of_xid(4711), Severity::WARN);
        assert_eq!(default.of_event(Kind::OomKill, 3), Severity::ERROR);
        assert_eq!(default.of_event(Kind::OomKill, 6), Severity::INFO);
        assert_eq!(default.of_sxid(SxidSeverity::Fatal), Severity::FATAL);

        let mut policy = Policy::default();
        policy.actions.insert("reset_gpu".into(), Level::Fatal);
        policy.codes.insert("119".into(), Level::Debug);
        policy.sxids.insert("correctable".into(), Level::Trace);
        policy.events.insert("oom_kill".into(), Level::Fatal);
        let own = Severities::new(&policy);
        assert_eq!(own.of_xid(120), Severity::FATAL);
        assert_eq!(own.of_xid(119), Severity::DEBUG);
        assert_eq!(own.of_sxid(SxidSeverity::Correctable), Severity::TRACE);
        assert_eq!(own.of_event(Kind::OomKill, 3), Severity::FATAL);
        assert_eq!(own.of_event(Kind::Oops, 3), Severity::ERROR);
    }
}
