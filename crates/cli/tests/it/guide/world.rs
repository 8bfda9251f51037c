//! What the guides speak of: a production of flights on S3, and a user's directory with the binary on the path.

use std::path::PathBuf;
use std::process::{Command, Output};

use chrono::{DateTime, TimeDelta, Utc};
use reenact_testkit::S3Server;
use tempfile::TempDir;

const BUCKET: &str = "acme-production";
const HEADER: &str = "year,month,day,carrier,flight,origin,sched_dep_time,dep_time,dep_delay";
const ORIGINS: [&str; 3] = ["EWR", "JFK", "LGA"];
const FLIGHTS: usize = 400;

/// A user who can reach production.
pub(super) struct World {
    server: S3Server,
    home: TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        let world = Self { server: S3Server::start().unwrap(), home: tempfile::tempdir().unwrap() };
        let begun: DateTime<Utc> = "2013-02-01T04:00:00Z".parse().unwrap();
        for month in 1..=3 {
            world.publish(month, begun + TimeDelta::days(30 * i64::from(month - 1)));
        }
        world
    }

    /// Publishes what the pipeline wrote for a month: what was ingested, and of it the flights that departed, with the temperature.
    fn publish(&self, month: u32, when: DateTime<Utc>) {
        let temperature = |origin: usize| 20 + 10 * origin + usize::try_from(month).unwrap();
        let weather: Vec<String> = (0..ORIGINS.len())
            .map(|origin| format!("{},{}", ORIGINS[origin], temperature(origin)))
            .collect();
        let flights: Vec<String> = (0..FLIGHTS).map(|number| flight(month, number)).collect();
        let departed = flights.iter().enumerate().filter(|(_, flight)| !flight.ends_with(",,"));
        let clean: Vec<String> = departed
            .map(|(number, flight)| format!("{flight},{}", temperature(number % 3)))
            .collect();
        for (output, header, rows) in [
            ("ingest/output/flights", HEADER.to_owned(), flights),
            ("ingest/output/weather", "origin,temp".to_owned(), weather),
            ("clean/output/table", format!("{HEADER},temp"), clean),
        ] {
            let key = format!("pipelines/flights/2013-{month:02}/{output}/part-0.csv");
            self.server.bucket(BUCKET).put_at(
                &key,
                format!("{header}\n{}\n", rows.join("\n")),
                when,
            );
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Runs a script in the user's directory and returns all that it printed.
    pub(super) fn shell(&self, script: &str) -> Output {
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_reenact"));
        let old = std::env::var_os("PATH").unwrap_or_default();
        let own = [self.home.path().to_owned(), binary.parent().unwrap().to_owned()];
        let path =
            std::env::join_paths(own.into_iter().chain(std::env::split_paths(&old))).unwrap();
        Command::new("sh")
            .args(["-c", script])
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path())
            .env("XDG_CACHE_HOME", self.path(".cache"))
            .envs(self.server.environment())
            .env("GITHUB_STEP_SUMMARY", self.path("summary.md"))
            .output()
            .unwrap()
    }
}

/// Returns the row of one flight; each seventeenth was cancelled, and some depart after midnight.
fn flight(month: u32, number: usize) -> String {
    let (day, hour) = (1 + number % 28, 5 + number * 7 % 19);
    let carrier = ["UA", "AA", "DL", "B6"][number % 4];
    let flight =
        format!("2013,{month},{day},{carrier},{},{},{}00", 100 + number, ORIGINS[number % 3], hour);
    if number.is_multiple_of(17) {
        return format!("{flight},,");
    }
    let delay = number * number % 90;
    let minutes = (hour * 60 + delay) % (24 * 60);
    format!("{flight},{},{delay}", minutes / 60 * 100 + minutes % 60)
}
