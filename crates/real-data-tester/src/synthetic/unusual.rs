//! The values that break steps.

/// Whole numbers at the ends of what types, formats and languages can hold.
pub(super) const INTEGERS: [i64; 10] = [
    i64::MIN,
    i64::MAX,
    0,
    -1,
    (1 << 53) + 1,
    -(1 << 53) - 1,
    1 << 31,
    -(1 << 31) - 1,
    1 << 32,
    255,
];

/// Floating-point numbers that arithmetic and formats treat apart.
pub(super) const FLOATS: [f64; 12] = [
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -0.0,
    0.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::EPSILON,
    1e16,
    0.1,
];

/// Texts that look like nothing, or like something else.
pub(super) const TEXTS: [&str; 10] =
    ["", " ", "NULL", "NaN", "0", "-", "true", "2026-02-30", "=1+1", "a\tb"];

/// Dates in days since 1970-01-01: the first and last that four digits write, the days around the epoch and a leap day.
pub(super) const DAYS: [i32; 6] = [-719_162, 2_932_896, 0, -1, 11_016, 47_540];

/// The same as times, in microseconds.
pub(super) const MICROSECONDS: [i64; 6] = [
    -62_135_596_800_000_000,
    253_402_300_799_999_999,
    0,
    -1,
    951_782_400_000_000,
    4_107_542_399_999_999,
];

/// Texts that are easily cut, folded, reordered or escaped.
pub(super) const UNICODE: [&str; 16] = [
    "e\u{301}",
    "\u{e9}",
    "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "\u{10348}",
    "\u{5d0}\u{5d1} abc \u{5d2}",
    "a\u{202e}cba",
    "zero\u{200b}width",
    "\u{feff}mark",
    "\u{130}stanbul \u{131}",
    "stra\u{df}e",
    "\u{4e2d}\u{6587}, \u{65e5}\u{672c}",
    "say \"hi\", twice",
    "two\nlines",
    "back\\slash",
    "no\u{a0}break",
    "\u{fffd}",
];

/// Times in seconds: one second before, at and after each moment at which clocks change or a year turns.
pub(super) const TURNS: [i64; 8] = [
    // 2026-03-29T01:00Z and 2026-10-25T01:00Z: clocks change in Europe.
    1_774_746_000,
    1_792_890_000,
    // 2026-03-08T07:00Z and 2026-11-01T06:00Z: in New York.
    1_772_953_200,
    1_793_512_800,
    // 2025-12-31T10:00Z and 2026-01-01T12:00Z: the year turns at +14:00 and at -12:00.
    1_767_175_200,
    1_767_268_800,
    // 2016-12-31T23:59:59Z: before a leap second.
    1_483_228_799,
    // 2038-01-19T03:14:07Z: the last second of 32 bits.
    2_147_483_647,
];
