//! Numbers as people read them.

use std::time::Duration;

/// Converts a count for drawing and shares, where its last digits do not matter.
#[expect(clippy::cast_precision_loss, reason = "positions and shares need fewer digits than 2^53")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// Returns `part / whole`; 0 of nothing is 0.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

/// `12,345`.
pub(super) fn count(count: u64) -> String {
    group(&count.to_string())
}

/// `12,345`.
pub(super) fn count_of(count: usize) -> String {
    group(&count.to_string())
}

/// `1 object`, `2 objects`.
pub(super) fn plural(number: usize, what: &str) -> String {
    format!("{} {what}{}", count_of(number), if number == 1 { "" } else { "s" })
}

/// `12,345` of `12345`.
pub(super) fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `12.3%`; neither nothing nor everything is claimed by rounding.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0%".to_owned(),
        _ if percent < 0.01 => "<0.01%".to_owned(),
        _ if percent < 1.0 => format!("{percent:.2}%"),
        _ if percent > 99.99 && percent < 100.0 => ">99.99%".to_owned(),
        _ if percent > 99.9 && percent < 100.0 => format!("{percent:.2}%"),
        100.0 => "100%".to_owned(),
        _ => format!("{percent:.1}%"),
    }
}

/// `3.2 MB`, in powers of 1000.
pub(super) fn bytes(bytes: u64) -> String {
    let mut value = float(bytes);
    let mut unit = "bytes";
    for next in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    match unit {
        "bytes" if bytes == 1 => "1 byte".to_owned(),
        "bytes" => format!("{bytes} bytes"),
        _ if value < 9.995 => format!("{value:.2} {unit}"),
        _ if value < 99.95 => format!("{value:.1} {unit}"),
        _ => format!("{value:.0} {unit}"),
    }
}

/// [`bytes`] of a measure that is not whole.
pub(super) fn bytes_of(value: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "shown with three digits, and never below zero"
    )]
    bytes(value.round() as u64)
}

/// `0.42 s`, `3 min 12 s`, `1 h 02 min`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.0995 {
        return format!("{:.1} ms", seconds * 1e3);
    }
    if seconds < 59.95 {
        return format!("{seconds:.2} s");
    }
    let whole = duration.as_secs();
    match whole {
        0..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// Five significant digits; integers whole, as far as a float holds them.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "∞"
        } else {
            "−∞"
        }
        .to_owned();
    }
    if size == 0.0 {
        return "0".to_owned();
    }
    let sign = if value < 0.0 { "−" } else { "" };
    if value.fract() == 0.0 && size < 1e12 {
        return format!("{sign}{}", group(&format!("{size:.0}")));
    }
    if !(1e-4..1e9).contains(&size) {
        return format!("{sign}{}", scientific(size, 3));
    }
    let text = [(1e4, 1), (1e3, 2), (1e2, 2), (1e1, 3), (1.0, 4), (0.1, 4), (0.01, 5), (1e-3, 6)]
        .iter()
        .find(|(from, _)| size >= *from)
        .map_or_else(|| format!("{size:.7}"), |(_, digits)| format!("{size:.digits$}"));
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction}", group(whole)),
        None => format!("{sign}{}", group(text)),
    }
}

/// A number with its sign.
pub(super) fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", number(value)) } else { number(value) }
}

/// An effect size: three digits are all that one can use.
pub(super) fn effect(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if (0.0005..1000.0).contains(&size) => format!("{value:.3}").replace('-', "−"),
        _ => number(value),
    }
}

/// A p-value, from its logarithm where it is too small for a float.
pub(super) fn probability(p: Option<f64>, log10_p: Option<f64>) -> String {
    match (p, log10_p) {
        (Some(p), _) if p >= 0.001 => format!("{p:.3}"),
        (Some(p), _) if p >= 1e-300 => scientific(p, 1),
        (_, Some(log)) if log.is_finite() && log < 0.0 => {
            let exponent = log.floor();
            format!(
                "{:.1}×10{}",
                10_f64.powf(log - exponent),
                superscript(&format!("{exponent:.0}"))
            )
        }
        (Some(_), _) => "<10⁻³⁰⁰".to_owned(),
        (None, _) => "–".to_owned(),
    }
}

fn scientific(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}×10{}", superscript(exponent)),
        None => text,
    }
}

fn superscript(digits: &str) -> String {
    let raise = |character| match character {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit @ '0'..='9' => {
            char::from_u32(0x2070 + (u32::from(digit) - u32::from('0'))).unwrap_or(digit)
        }
        other => other,
    };
    digits.chars().map(raise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_shares() {
        assert_eq!(
            [count(0), count(999), count(1_000), count(25_312_000)],
            ["0", "999", "1,000", "25,312,000"]
        );
        assert_eq!(percent(share(1, 0)), "0%");
        let shares = [0.0, 0.000_01, 0.005, 0.5, 0.999_999, 1.0];
        assert_eq!(shares.map(percent), ["0%", "<0.01%", "0.50%", "50.0%", ">99.99%", "100%"]);
        assert_eq!([plural(1, "file"), plural(0, "file")], ["1 file", "0 files"]);
    }

    #[test]
    fn sizes_and_times() {
        assert_eq!(
            [1, 999, 1_000, 12_345_678, 123_456_789].map(bytes),
            ["1 byte", "999 bytes", "1.00 kB", "12.3 MB", "123 MB"]
        );
        let seconds = [0.0123, 0.42, 75.0, 3_725.0];
        assert_eq!(
            seconds.map(|seconds| duration(Duration::from_secs_f64(seconds))),
            ["12.3 ms", "0.42 s", "1 min 15 s", "1 h 02 min"]
        );
    }

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1301.0, "1,301"),
            (-1234.5678, "−1,234.57"),
            (12.345_678, "12.346"),
            (0.1, "0.1"),
            (0.000_123_456, "0.0001235"),
            (0.000_012_3, "1.230×10⁻⁵"),
            (1.5e12, "1.500×10¹²"),
            (f64::INFINITY, "∞"),
            (f64::MIN_POSITIVE, "2.225×10⁻³⁰⁸"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!([signed(2.0), signed(-2.0)], ["+2", "−2"]);
        assert_eq!(
            [effect(0.0), effect(-0.0871), effect(0.000_012)],
            ["0", "−0.087", "1.200×10⁻⁵"]
        );
    }

    #[test]
    fn p_values_do_not_vanish() {
        assert_eq!(probability(Some(0.034), None), "0.034");
        assert_eq!(probability(Some(3.14e-5), Some(-4.5)), "3.1×10⁻⁵");
        assert_eq!(probability(Some(0.0), Some(-512.3)), "5.0×10⁻⁵¹³");
        assert_eq!(probability(Some(0.0), None), "<10⁻³⁰⁰");
        assert_eq!(probability(None, None), "–");
    }
}
