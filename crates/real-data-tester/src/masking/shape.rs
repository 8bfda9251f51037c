//! Makes up a value of the same shape as another.

/// Replaces letters by letters and digits by digits, drawn from `stream`; a number keeps its length.
pub(super) fn fake(value: &str, mut stream: blake3::OutputReader) -> String {
    let mut draw = |choices: u8| {
        let mut byte = [0];
        stream.fill(&mut byte);
        byte[0] % choices
    };
    let mut leads = true;
    value
        .chars()
        .map(|letter| {
            let made = if letter.is_numeric() {
                let leading = leads && letter != '0';
                let digit = if leading { 1 + draw(9) } else { draw(10) };
                char::from(b'0' + digit)
            } else if letter.is_uppercase() {
                char::from(b'A' + draw(26))
            } else if letter.is_alphabetic() {
                char::from(b'a' + draw(26))
            } else {
                letter
            };
            leads &= !letter.is_numeric();
            made
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::masking::Secret;

    #[test]
    fn a_fake_has_the_shape_of_its_value_and_nothing_else_of_it() {
        let secret = Secret::from_text("k");
        let made = fake("Zoë O'Neil, +49 170 0", secret.stream("Zoë"));
        let shape = |text: &str| {
            text.chars()
                .map(|letter| match letter {
                    _ if letter.is_numeric() => '9',
                    _ if letter.is_uppercase() => 'A',
                    _ if letter.is_alphabetic() => 'a',
                    other => other,
                })
                .collect::<String>()
        };
        assert_eq!(shape(&made), shape("Zoë O'Neil, +49 170 0"));
        assert!(!made.contains("Neil") && !made.contains("170"), "{made}");
        assert_ne!(fake("700", secret.stream("700")).as_bytes()[0], b'0');
    }
}
