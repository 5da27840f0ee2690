// SPDX-License-Identifier: Apache-2.0
//! What a build says of itself: revision, day, target.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::cargo;

/// Sets `TRACECORE_REVISION`, `TRACECORE_BUILD_DATE` and `TRACECORE_TARGET`.
pub(super) fn set() {
    cargo("rerun-if-env-changed", "TRACECORE_REVISION");
    cargo("rerun-if-env-changed", "SOURCE_DATE_EPOCH");
    let revision = env::var("TRACECORE_REVISION").ok().filter(|revision| !revision.is_empty());
    let revision = revision.or_else(revision_from_git).unwrap_or_else(|| "unknown".to_owned());
    let given = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<u64>().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    cargo("rustc-env", &format!("TRACECORE_REVISION={revision}"));
    cargo("rustc-env", &format!("TRACECORE_BUILD_DATE={}", day(given.unwrap_or_else(now))));
    let target = env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned());
    cargo("rustc-env", &format!("TRACECORE_TARGET={target}"));
}

/// The commit, if the package lies in a repository and there is a git to ask.
fn revision_from_git() -> Option<String> {
    let package = env::var("CARGO_MANIFEST_DIR").ok()?;
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(&package).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let revision = git(&["rev-parse", "--short=12", "HEAD"])?;
    // The log of HEAD grows with every commit and checkout. Where there is none, HEAD itself
    // shows at least a checkout. Announcing a missing file would make every build dirty.
    for name in ["logs/HEAD", "HEAD"] {
        let path = Path::new(&package).join(git(&["rev-parse", "--git-path", name])?);
        if path.is_file() {
            cargo("rerun-if-changed", &path.to_string_lossy());
            break;
        }
    }
    Some(revision)
}

/// The day of a Unix time, `YYYY-MM-DD`: days to a date in the proleptic Gregorian calendar,
/// counted in eras of 400 years that begin in March.
fn day(seconds: u64) -> String {
    // No build is dated later than the year 9999.
    let days = (seconds / 86_400).min(2_932_896) + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_have_dates() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (u64::MAX, "9999-12-31"),
        ] {
            assert_eq!(day(seconds), date);
        }
    }
}
