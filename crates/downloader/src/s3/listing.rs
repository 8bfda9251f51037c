//! Reading what S3 answers to `ListObjectsV2`.

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;

use crate::error::Result;
use crate::s3::reply::{other_than_standard, unexpected, unquote};
use crate::s3::xml;
use crate::source::{ListPage, ObjectMeta};

/// The largest page that S3 can send: a thousand keys, each of 1,024 bytes and encoded in the longest way.
pub(super) const LARGEST_PAGE: usize = 16 * 1024 * 1024;

/// Reads a page of a listing.
pub(super) fn read_page(answer: &[u8]) -> Result<ListPage> {
    let mut listing = Listing::default();
    xml::read(answer, "ListBucketResult", |around, name, text| listing.take(around, name, text))?;
    listing.finish()
}

#[derive(Default)]
struct Listing {
    objects: Vec<ObjectMeta>,
    prefixes: Vec<String>,
    is_truncated: bool,
    continuation: Option<String>,
    is_encoded: bool,
    current: Entry,
}

/// The object that is being read.
#[derive(Default)]
struct Entry {
    key: Option<String>,
    size: Option<u64>,
    etag: Option<String>,
    last_modified: Option<DateTime<Utc>>,
    storage_class: Option<String>,
}

impl Listing {
    fn take(&mut self, around: &[u8], name: &[u8], text: &mut String) -> Result<()> {
        let current = &mut self.current;
        match (around, name) {
            (b"Contents", b"Key") => current.key = Some(text.clone()),
            (b"Contents", b"Size") => current.size = text.parse().ok(),
            (b"Contents", b"ETag") => current.etag = Some(unquote(text)),
            (b"Contents", b"LastModified") => {
                current.last_modified = text.parse::<DateTime<Utc>>().ok();
            }
            (b"Contents", b"StorageClass") => current.storage_class = other_than_standard(text),
            (b"", b"Contents") => self.objects.push(std::mem::take(current).finish()?),
            (b"CommonPrefixes", b"Prefix") => self.prefixes.push(text.clone()),
            (b"", b"IsTruncated") => self.is_truncated = text == "true",
            (b"", b"NextContinuationToken") => self.continuation = Some(std::mem::take(text)),
            (b"", b"EncodingType") => self.is_encoded = text == "url",
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<ListPage> {
        if self.is_truncated && self.continuation.is_none() {
            return Err(unexpected("the listing is cut short and does not say where it goes on"));
        }
        if self.is_encoded {
            self.objects.iter_mut().try_for_each(|object| decode(&mut object.key))?;
            self.prefixes.iter_mut().try_for_each(decode)?;
        }
        let continuation = self.continuation.filter(|_| self.is_truncated);
        Ok(ListPage::new(self.objects, self.prefixes, continuation))
    }
}

impl Entry {
    fn finish(self) -> Result<ObjectMeta> {
        let key = self.key.ok_or_else(|| unexpected("the listing has an entry without a key"))?;
        let size = self.size.ok_or_else(|| unexpected("an object has no length"))?;
        let mut meta = ObjectMeta::new(key, size);
        meta.etag = self.etag;
        meta.last_modified = self.last_modified;
        meta.storage_class = self.storage_class;
        Ok(meta)
    }
}

/// Decodes a key that was encoded as forms are.
fn decode(key: &mut String) -> Result<()> {
    if !key.contains(['%', '+']) {
        return Ok(());
    }
    // A plus sign that was meant as one is encoded too.
    let spaced = key.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    let decoded =
        decoded.map_err(|source| unexpected("a listed key is not UTF-8").with_source(source))?;
    *key = decoded.into_owned();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const PAGE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>lake</Name><Prefix>a%2F</Prefix><KeyCount>3</KeyCount><MaxKeys>3</MaxKeys><EncodingType>url</EncodingType>
  <IsTruncated>true</IsTruncated><NextContinuationToken>1&amp;2+3=</NextContinuationToken>
  <Contents><Key>a/b+c%2Bd%25%0A</Key><LastModified>2013-01-01T05:15:00.000Z</LastModified>
    <ETag>&quot;e1&quot;</ETag><Size>7</Size><Owner><ID>me</ID><Key>not this</Key></Owner>
    <StorageClass>STANDARD</StorageClass></Contents>
  <Contents><Key>a/x</Key><Size>0</Size><StorageClass>GLACIER</StorageClass></Contents>
  <CommonPrefixes><Prefix>a/%F0%9F%9B%AB/</Prefix></CommonPrefixes>
</ListBucketResult>"#;

    #[test]
    fn h14_h15_a_page_is_read_with_all_that_it_says() {
        let page = read_page(PAGE.as_bytes()).unwrap();
        let [first, second] = &page.objects[..] else { panic!("{page:?}") };
        assert_eq!((first.key.as_str(), first.size), ("a/b c+d%\n", 7));
        assert_eq!((first.etag.as_deref(), first.storage_class.as_deref()), (Some("e1"), None));
        assert_eq!(first.last_modified.unwrap().to_rfc3339(), "2013-01-01T05:15:00+00:00");
        assert_eq!((second.key.as_str(), second.is_archived()), ("a/x", true));
        assert_eq!((&second.etag, second.last_modified), (&None, None));
        assert_eq!(page.common_prefixes, ["a/🛫/"]);
        assert_eq!(page.continuation.as_deref(), Some("1&2+3="));
    }

    #[test]
    fn h14_a_page_that_lacks_something_is_an_error() {
        for (without, kind) in [
            (
                "<NextContinuationToken>1&amp;2+3=</NextContinuationToken>",
                ErrorKind::UnexpectedReply,
            ),
            ("<Key>a/x</Key>", ErrorKind::UnexpectedReply),
            ("<Size>0</Size>", ErrorKind::UnexpectedReply),
            ("</ListBucketResult>", ErrorKind::Truncated),
        ] {
            let page = PAGE.replace(without, "");
            assert_ne!(page, PAGE);
            assert_eq!(read_page(page.as_bytes()).unwrap_err().kind(), kind, "{without}");
        }
    }

    #[test]
    fn keys_that_are_not_encoded_are_left_alone() {
        let page = PAGE.replace("<EncodingType>url</EncodingType>", "");
        assert_eq!(read_page(page.as_bytes()).unwrap().objects[0].key, "a/b+c%2Bd%25%0A");
        let broken = PAGE.replace("%F0%9F%9B%AB", "%FF");
        assert_eq!(read_page(broken.as_bytes()).unwrap_err().kind(), ErrorKind::UnexpectedReply);
    }
}
