//! Where each setting comes from: a flag, the environment, the scenario file, the user's file, or nowhere; in this order.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;
use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use crate::answer::{Failure, Prevented};
use crate::args::Place;

/// The scenario file that is read if none is named.
pub(crate) const SCENARIO_FILE: &str = "reenact.toml";
/// The variable that names the user's file.
const USER_FILE_VARIABLE: &str = "REENACT_CONFIG";

/// A setting that can be given in several places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Setting {
    Bucket,
    CacheDir,
    EndpointUrl,
    Layout,
    NoSignRequest,
    Pipeline,
    Profile,
    Region,
    RequesterPays,
    Workspace,
}

/// Where the value of a setting was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Origin {
    Default,
    Environment(&'static str),
    Flag(&'static str),
    Scenario(PathBuf),
    UserFile(PathBuf),
}

/// One setting with its value; without one, `default` says what holds.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    pub(crate) value: Option<String>,
    pub(crate) origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<String>,
}

/// What the user's file may hold, all of it optional.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct UserFile {
    bucket: Option<String>,
    cache_dir: Option<String>,
    endpoint_url: Option<String>,
    layout: Option<String>,
    no_sign_request: Option<bool>,
    pipeline: Option<String>,
    profile: Option<String>,
    region: Option<String>,
    requester_pays: Option<bool>,
    workspace: Option<String>,
}

/// All settings, as far as they are known.
pub(crate) type Config = BTreeMap<Setting, Shown>;

/// Finds every setting, and completes `place` with what only the user's file says.
pub(crate) fn gather(matches: &ArgMatches, place: &mut Place) -> Result<Config, Failure> {
    let (user_path, user) = user_file()?;
    let (scenario_path, scenario) = scenario_file(place);
    let mut config = Config::new();
    for setting in Setting::ALL {
        let typed = place.value(setting).zip(setting.typed_origin(matches));
        let sdk = || setting.read_by_the_sdk();
        let scenario = || {
            let value = scenario.get(setting.name())?.as_str()?.to_owned();
            Some((value, Origin::Scenario(scenario_path.clone())))
        };
        let user = || Some((user.value(setting)?, Origin::UserFile(user_path.clone())));
        let found = typed.or_else(sdk).or_else(scenario).or_else(user);
        let shown = if let Some((value, origin)) = found {
            Shown { value: Some(value), origin, default: None }
        } else {
            Shown { value: None, origin: Origin::Default, default: Some(setting.default(place)) }
        };
        if let (Some(value), Origin::UserFile(_)) = (&shown.value, &shown.origin) {
            place.set(setting, value);
        }
        config.insert(setting, shown);
    }
    if matches!(config[&Setting::Profile].origin, Origin::Environment(_)) {
        // As everywhere, access keys in the environment come before a profile that the environment names, but not before one that
        // was typed; the SDK reads the former by itself.
        place.profile = None;
    }
    Ok(config)
}

/// Returns where the user's file is, and what it says if it is there.
fn user_file() -> Result<(PathBuf, UserFile), Failure> {
    let named = std::env::var_os(USER_FILE_VARIABLE).map(PathBuf::from);
    let usual =
        || Some(etcetera::choose_base_strategy().ok()?.config_dir().join("reenact/config.toml"));
    let Some(path) = named.clone().or_else(usual) else {
        return Ok((PathBuf::new(), UserFile::default()));
    };
    if named.is_none() && !path.exists() {
        return Ok((path, UserFile::default()));
    }
    let unusable = |source: Failure| Prevented::by_file("settings", &path, source);
    let text = fs_err::read_to_string(&path).map_err(|error| unusable(error.into()))?;
    let user = toml::from_str(&text)
        .map_err(|source: toml::de::Error| unusable(source.to_string().trim_end().into()))?;
    Ok((path, user))
}

/// Returns the top level of the scenario file. One that is broken is told by the command that needs it.
fn scenario_file(place: &Place) -> (PathBuf, toml::Table) {
    let path = place.scenario.clone().unwrap_or_else(|| Path::new(SCENARIO_FILE).to_owned());
    let table = std::fs::read_to_string(&path).ok().and_then(|text| text.parse().ok());
    (path, table.unwrap_or_default())
}

impl Setting {
    const ALL: [Self; 10] = [
        Self::Bucket,
        Self::CacheDir,
        Self::EndpointUrl,
        Self::Layout,
        Self::NoSignRequest,
        Self::Pipeline,
        Self::Profile,
        Self::Region,
        Self::RequesterPays,
        Self::Workspace,
    ];

    /// Returns the name in files and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::CacheDir => "cache_dir",
            Self::EndpointUrl => "endpoint_url",
            Self::Layout => "layout",
            Self::NoSignRequest => "no_sign_request",
            Self::Pipeline => "pipeline",
            Self::Profile => "profile",
            Self::Region => "region",
            Self::RequesterPays => "requester_pays",
            Self::Workspace => "workspace",
        }
    }

    fn flag(self) -> &'static str {
        match self {
            Self::Bucket => "--bucket",
            Self::CacheDir => "--cache-dir",
            Self::EndpointUrl => "--endpoint-url",
            Self::Layout => "--layout",
            Self::NoSignRequest => "--no-sign-request",
            Self::Pipeline => "--pipeline",
            Self::Profile => "--profile",
            Self::Region => "--region",
            Self::RequesterPays => "--requester-pays",
            Self::Workspace => "--workspace",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Bucket => "REENACT_BUCKET",
            Self::CacheDir => "REENACT_CACHE_DIR",
            Self::EndpointUrl => "AWS_ENDPOINT_URL_S3",
            Self::Layout => "REENACT_LAYOUT",
            Self::NoSignRequest => "REENACT_NO_SIGN_REQUEST",
            Self::Pipeline => "REENACT_PIPELINE",
            Self::Profile => "AWS_PROFILE",
            Self::Region => "AWS_REGION",
            Self::RequesterPays => "REENACT_REQUESTER_PAYS",
            Self::Workspace => "REENACT_WORKSPACE",
        }
    }

    /// Finds what the AWS SDK reads besides, where the setting's own variable is not there.
    fn read_by_the_sdk(self) -> Option<(String, Origin)> {
        let variable = match self {
            Self::EndpointUrl => "AWS_ENDPOINT_URL",
            Self::Region => "AWS_DEFAULT_REGION",
            _ => return None,
        };
        let value = std::env::var(variable).ok().filter(|value| !value.is_empty())?;
        Some((value, Origin::Environment(variable)))
    }

    /// Says what holds where nothing is given.
    fn default(self, place: &Place) -> String {
        let path = |path: Result<PathBuf, Failure>| {
            path.map_or_else(|error| error.to_string(), |path| path.display().to_string())
        };
        match self {
            Self::Bucket | Self::Pipeline => "none".to_owned(),
            Self::CacheDir => path(place.cache_root()),
            Self::EndpointUrl => "the profile's, or else AWS's".to_owned(),
            Self::Layout => "seed".to_owned(),
            Self::NoSignRequest | Self::RequesterPays => "false".to_owned(),
            Self::Profile => "default".to_owned(),
            Self::Region => "the profile's, or else that of the bucket".to_owned(),
            Self::Workspace => path(place.workspace_root()),
        }
    }

    fn typed_origin(self, matches: &ArgMatches) -> Option<Origin> {
        match matches.value_source(self.name())? {
            ValueSource::DefaultValue => None,
            ValueSource::EnvVariable => Some(Origin::Environment(self.variable())),
            _ => Some(Origin::Flag(self.flag())),
        }
    }
}

impl Place {
    fn value(&self, setting: Setting) -> Option<String> {
        let path = |path: &Option<PathBuf>| Some(path.as_ref()?.display().to_string());
        match setting {
            Setting::Bucket => self.bucket.clone(),
            Setting::CacheDir => path(&self.cache_dir),
            Setting::EndpointUrl => self.endpoint_url.clone(),
            Setting::Layout => self.layout.clone(),
            Setting::NoSignRequest => Some(self.no_sign_request.to_string()),
            Setting::Pipeline => self.pipeline.clone(),
            Setting::Profile => self.profile.clone(),
            Setting::Region => self.region.clone(),
            Setting::RequesterPays => Some(self.requester_pays.to_string()),
            Setting::Workspace => path(&self.workspace),
        }
    }

    fn set(&mut self, setting: Setting, value: &str) {
        match setting {
            Setting::Bucket => self.bucket = Some(value.to_owned()),
            Setting::CacheDir => self.cache_dir = Some(value.into()),
            Setting::EndpointUrl => self.endpoint_url = Some(value.to_owned()),
            Setting::Layout => self.layout = Some(value.to_owned()),
            Setting::NoSignRequest => self.no_sign_request = value == "true",
            Setting::Pipeline => self.pipeline = Some(value.to_owned()),
            Setting::Profile => self.profile = Some(value.to_owned()),
            Setting::Region => self.region = Some(value.to_owned()),
            Setting::RequesterPays => self.requester_pays = value == "true",
            Setting::Workspace => self.workspace = Some(value.into()),
        }
    }
}

impl UserFile {
    fn value(&self, setting: Setting) -> Option<String> {
        match setting {
            Setting::Bucket => self.bucket.clone(),
            Setting::CacheDir => self.cache_dir.clone(),
            Setting::EndpointUrl => self.endpoint_url.clone(),
            Setting::Layout => self.layout.clone(),
            Setting::NoSignRequest => self.no_sign_request.map(|value| value.to_string()),
            Setting::Pipeline => self.pipeline.clone(),
            Setting::Profile => self.profile.clone(),
            Setting::Region => self.region.clone(),
            Setting::RequesterPays => self.requester_pays.map(|value| value.to_string()),
            Setting::Workspace => self.workspace.clone(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::Environment(variable) => write!(formatter, "environment: {variable}"),
            Self::Flag(flag) => write!(formatter, "flag: {flag}"),
            Self::Scenario(path) => write!(formatter, "scenario: {}", path.display()),
            Self::UserFile(path) => write!(formatter, "user's file: {}", path.display()),
        }
    }
}
