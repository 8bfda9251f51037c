//! Directories that name a column and its value, as Hive and Spark write them: `day=2024-01-31`.

/// What Hive writes for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// Splits the path of a directory into the table's root and the columns that the directories below it name.
pub(crate) fn split_directory(directory: &str) -> (String, Vec<(String, Option<String>)>) {
    let mut root: Vec<&str> = Vec::new();
    let mut partition = Vec::new();
    for segment in directory.split('/') {
        match segment.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                let value = (value != NULL).then(|| decoded(value));
                partition.push((decoded(name), value));
            }
            _ => root.push(segment),
        }
    }
    (root.join("/"), partition)
}

/// Decodes `%3A` and the like; what is no code stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match tail {
            [high, low, ..] if *first == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        if let Some((high, low)) = code {
            bytes.push(16 * high + low);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_name_columns() {
        let (root, partition) =
            split_directory("sales/day=2024-01-31/at=10%3A30/region=__HIVE_DEFAULT_PARTITION__");
        assert_eq!(root, "sales");
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            partition,
            [
                ("day".to_owned(), text("2024-01-31")),
                ("at".to_owned(), text("10:30")),
                ("region".to_owned(), None)
            ]
        );
        assert_eq!(split_directory("a/b"), ("a/b".to_owned(), Vec::new()));
        assert_eq!(decoded("50%"), "50%");
    }
}
