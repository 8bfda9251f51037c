//! Chromium, driven through `chromedriver` by the protocol `WebDriver`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What Chromium is started with: no sandbox, since tests may run as root; nothing that would reach for the network by itself.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with one page; it ends when this is dropped.
pub(super) struct Browser {
    driver: Child,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser. Where there is none, says so and returns nothing; with `REENACT_REQUIRE=1` that is a failure.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub(super) fn start() -> Option<Self> {
        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn();
        let Ok(mut driver) = driver else {
            let required = std::env::var_os("REENACT_REQUIRE").is_some_and(|value| value == "1");
            assert!(!required, "chromedriver is required, and is not installed");
            eprintln!("SKIPPED: chromedriver is not installed");
            return None;
        };
        let address = address(&mut driver);
        let profile = tempfile::tempdir().unwrap();
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let started = post(&format!("{address}/session"), &capabilities);
        let session = format!("{address}/session/{}", started["sessionId"].as_str().unwrap());
        let browser = Self { driver, session, _profile: profile };
        // The page that a browser begins with is its own, and loads much.
        browser.post("url", &json!({"url": "about:blank"}));
        browser.requests();
        browser.complaints();
        Some(browser)
    }

    /// Opens a file.
    pub(super) fn open(&self, path: &Path) {
        self.post("url", &json!({"url": format!("file://{}", path.display())}));
    }

    /// Runs a function body in the page and returns what it returns.
    pub(super) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// Sets the size of the window.
    pub(super) fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Shows the page as on paper, or in a dark room.
    pub(super) fn emulate(&self, medium: &str, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.command("Emulation.setEmulatedMedia", &json!({"media": medium, "features": features}));
    }

    /// Presses keys one after the other, as a person without a mouse does.
    pub(super) fn press(&self, keys: &str) {
        let strokes = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|stroke| json!({"type": stroke, "value": key.to_string()}))
        });
        let actions: Vec<Value> = strokes.collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("actions", &json!({"actions": [keyboard]}));
    }

    /// Prints the page and returns how many bytes the PDF has.
    pub(super) fn print(&self) -> usize {
        self.post("print", &json!({})).as_str().unwrap().len() * 3 / 4
    }

    /// Returns what the console has shown since the last time, warnings and worse.
    pub(super) fn complaints(&self) -> Vec<String> {
        let lines = self.log("browser");
        let bad =
            lines.iter().filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING");
        bad.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns the addresses of everything that was requested since the last time.
    pub(super) fn requests(&self) -> Vec<String> {
        let events = self.log("performance");
        let events = events.iter().map(|line| line["message"].as_str().unwrap());
        let events =
            events.map(|text| serde_json::from_str::<Value>(text).unwrap()["message"].take());
        let sent = events.filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.map(|event| event["params"]["request"]["url"].as_str().unwrap().to_owned()).collect()
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        let lines = self.post("se/log", &json!({"type": kind}));
        lines.as_array().unwrap().clone()
    }

    fn command(&self, name: &str, parameters: &Value) -> Value {
        self.post("goog/cdp/execute", &json!({"cmd": name, "params": parameters}))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        post(&format!("{}/{path}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        ureq::delete(&self.session).call().ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

/// Waits until the driver says on which port it listens.
fn address(driver: &mut Child) -> String {
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = lines.map(Result::unwrap).find_map(|line| {
        let port = line.strip_prefix("ChromeDriver was started successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    format!("http://127.0.0.1:{}", port.unwrap())
}

/// Sends a command and returns its value.
fn post(url: &str, body: &Value) -> Value {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut reply = agent.post(url).send_json(body).unwrap();
    let reply: Value = reply.body_mut().with_config().limit(100_000_000).read_json().unwrap();
    assert!(reply["value"]["error"].is_null(), "{url}: {}", reply["value"]);
    reply["value"].clone()
}
