//! Signing requests, in one region or in several.

use std::time::SystemTime;

use aws_sigv4::http_request::{
    self, PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningParams,
    SigningSettings, UriPathNormalizationMode,
};
use aws_sigv4::sign::{v4, v4a};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_types::body::SdkBody;
use http::HeaderValue;

use crate::error::{Error, ErrorKind, Result};
use crate::s3::route::{Scheme, Signing};

/// Signs a request, whose body is empty.
pub(super) fn sign(
    request: &mut http::Request<SdkBody>,
    signing: &Signing,
    identity: &Identity,
    now: SystemTime,
) -> Result<()> {
    let invalid = |source| Error::new(ErrorKind::Invalid).with_source(source);
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let address = request.uri().to_string();
    let signable =
        SignableRequest::new(request.method().as_str(), address, headers, SignableBody::Bytes(&[]))
            .map_err(invalid)?;
    let params = params(signing, identity, now)?;
    let (signed, _) = http_request::sign(signable, &params).map_err(invalid)?.into_parts();
    let (headers, _) = signed.into_parts();
    for header in headers {
        let mut value = HeaderValue::from_str(header.value())
            .map_err(|source| Error::new(ErrorKind::BadCredentials).with_source(source))?;
        value.set_sensitive(header.sensitive());
        request.headers_mut().insert(header.name(), value);
    }
    Ok(())
}

fn params<'a>(
    signing: &'a Signing,
    identity: &'a Identity,
    now: SystemTime,
) -> Result<SigningParams<'a>> {
    let mut settings = SigningSettings::default();
    // S3 takes paths as they are.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    // The builders of both schemes have these methods, and nothing else in common.
    macro_rules! complete {
        ($builder:expr) => {
            $builder
                .identity(identity)
                .name(&signing.name)
                .time(now)
                .settings(settings)
                .build()
                .map(SigningParams::from)
                .map_err(|source| Error::new(ErrorKind::Invalid).with_source(source))
        };
    }
    match &signing.scheme {
        Scheme::V4 { region } => complete!(v4::SigningParams::builder().region(region)),
        Scheme::V4a { region_set } => {
            complete!(v4a::SigningParams::builder().region_set(region_set))
        }
    }
}
