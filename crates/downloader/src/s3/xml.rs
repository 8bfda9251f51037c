//! Reading XML element by element.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::error::{Error, ErrorKind, Result};

/// Reads a document whose root has this name. Of each element below, `take` is told where it ends: the name of the element
/// around it (empty for the root), its own name, and the text in it since its last child.
pub(super) fn read(
    xml: &[u8],
    root: &str,
    mut take: impl FnMut(&[u8], &[u8], &mut String) -> Result<()>,
) -> Result<()> {
    let mut reader = Reader::from_reader(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<BytesStart<'_>> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(_) if open.is_empty() && !text.trim().is_empty() => return Err(foreign()),
            Event::Start(element) => {
                if open.is_empty() && element.local_name().as_ref() != root.as_bytes() {
                    return Err(foreign());
                }
                open.push(element);
                text.clear();
            }
            Event::End(_) => {
                let Some(element) = open.pop() else { return Err(foreign()) };
                let Some(parent) = open.last() else { return Ok(()) };
                let around = if open.len() == 1 { b"" } else { parent.local_name().into_inner() };
                take(around, element.local_name().as_ref(), &mut text)?;
                text.clear();
            }
            Event::Text(piece) => text.push_str(&piece.decode().map_err(broken)?),
            Event::CData(piece) => text.push_str(&piece.decode().map_err(broken)?),
            Event::GeneralRef(reference) => resolve(&reference, &mut text)?,
            Event::Eof => {
                return Err(Error::new(ErrorKind::Truncated).with_reason("XML is cut short"));
            }
            _ => {}
        }
    }
}

fn resolve(reference: &BytesRef<'_>, text: &mut String) -> Result<()> {
    if let Some(character) = reference.resolve_char_ref().map_err(broken)? {
        text.push(character);
        return Ok(());
    }
    let name = reference.decode().map_err(broken)?;
    text.push_str(resolve_predefined_entity(&name).ok_or_else(foreign)?);
    Ok(())
}

/// XML that cannot be read was most likely cut short.
fn broken(source: impl Into<quick_xml::Error>) -> Error {
    Error::new(ErrorKind::Truncated).with_source(source.into())
}

fn foreign() -> Error {
    Error::new(ErrorKind::UnexpectedReply).with_reason("the answer is not what S3 answers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(xml: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        read(xml.as_bytes(), "R", |around, name, text| {
            let [around, name] = [around, name].map(String::from_utf8_lossy);
            found.push(format!("{around}/{name}={text}"));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn elements_are_told_with_their_text() {
        let xml = "<?xml version=\"1.0\"?>\n<R xmlns=\"x\"><A> a&amp;&#x41;<![CDATA[<b>]]></A><B><C/><D>d</D>\n</B></R>";
        assert_eq!(elements(xml).unwrap(), ["/A= a&A<b>", "B/C=", "B/D=d", "/B=\n"]);
    }

    #[test]
    fn what_is_cut_short_anywhere_is_never_taken_for_the_whole() {
        let xml = "<R><A>x</A><B><C/></B></R>";
        for length in 0..xml.len() {
            assert_eq!(
                elements(&xml[..length]).unwrap_err().kind(),
                ErrorKind::Truncated,
                "{length}"
            );
        }
        assert!(elements(xml).is_ok());
        for other in ["<html></html>", "text<R></R>", "<R>&unknown;</R>"] {
            assert_eq!(elements(other).unwrap_err().kind(), ErrorKind::UnexpectedReply, "{other}");
        }
    }
}
