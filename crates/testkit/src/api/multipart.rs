//! Multipart uploads over the wire.

use http::HeaderMap;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm as WireAlgorithm,
    ChecksumType, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::service::Service;
use super::write::{collect, storage_class};
use super::{condition, encode};
use crate::store::{Bucket, Checksum, ChecksumAlgorithm, Part, StoredObject, Upload};

impl Service {
    pub(super) fn create_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let algorithm = input
            .checksum_algorithm
            .as_ref()
            .and_then(|name| ChecksumAlgorithm::from_name(name.as_str()))
            .unwrap_or(ChecksumAlgorithm::Crc64Nvme);
        let is_composite = match input.checksum_type.as_ref().map(ChecksumType::as_str) {
            Some(name) => name == "COMPOSITE",
            None => algorithm.is_composite_by_default(),
        };
        let upload = Upload {
            key: input.key.clone(),
            headers: StoredObject::kept_headers(&request.headers),
            storage_class: storage_class(input.storage_class.as_ref()),
            algorithm,
            is_composite,
            parts: std::collections::BTreeMap::new(),
        };
        let upload_id = self.store.with(&input.bucket, |bucket| {
            let id = format!("upload-{}", bucket.next_number());
            bucket.uploads.insert(id.clone(), upload);
            Ok(id)
        })?;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(upload_id),
            checksum_algorithm: Some(WireAlgorithm::from_static(algorithm.as_str())),
            checksum_type: Some(ChecksumType::from_static(if is_composite {
                ChecksumType::COMPOSITE
            } else {
                ChecksumType::FULL_OBJECT
            })),
            ..CreateMultipartUploadOutput::default()
        }))
    }

    pub(super) async fn upload_part(
        &self,
        mut request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let body = collect(request.input.body.take()).await?;
        let trailers = request.trailing_headers.take().and_then(|trailers| trailers.take());
        let input = request.input;
        let part = Part::new(body);
        part.md5.check(input.content_md5.as_deref())?;
        let checksum = Checksum::checked(&part.body, &request.headers, trailers.as_ref())?;
        let headers = checksum.map_or_else(HeaderMap::new, |checksum| checksum.headers());
        let etag = part.md5.etag();
        self.store.with(&input.bucket, |bucket| {
            upload(bucket, &input.upload_id, &input.key)?.parts.insert(input.part_number, part);
            Ok(())
        })?;
        let output =
            UploadPartOutput { e_tag: Some(ETag::Strong(etag)), ..UploadPartOutput::default() };
        Ok(S3Response::with_headers(output, headers))
    }

    pub(super) fn complete_upload(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let listed: Vec<(i32, Option<String>)> = input
            .multipart_upload
            .and_then(|upload| upload.parts)
            .unwrap_or_default()
            .into_iter()
            .map(|part| (part.part_number.unwrap_or_default(), part.e_tag.map(ETag::into_value)))
            .collect();
        let found = self.store.with(&input.bucket, |bucket| {
            let object = upload(bucket, &input.upload_id, &input.key)?.complete(&listed)?;
            let current = bucket.newest(&input.key).map(AsRef::as_ref);
            condition::check_write(input.if_match.as_ref(), input.if_none_match.as_ref(), current)?;
            bucket.uploads.remove(&input.upload_id);
            Ok(bucket.put(&input.key, object))
        })?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(encode::etag(&found.object)),
            checksum_type: encode::checksum_type(&found.object),
            version_id: found.version_id,
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    pub(super) fn abort_upload(
        &self,
        input: &AbortMultipartUploadInput,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.store.with(&input.bucket, |bucket| {
            upload(bucket, &input.upload_id, &input.key)?;
            bucket.uploads.remove(&input.upload_id);
            Ok(())
        })?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }
}

fn upload<'a>(bucket: &'a mut Bucket, id: &str, key: &str) -> S3Result<&'a mut Upload> {
    bucket.uploads.get_mut(id).filter(|upload| upload.key == key).ok_or_else(|| {
        s3_error!(
            NoSuchUpload,
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
             or completed."
        )
    })
}
