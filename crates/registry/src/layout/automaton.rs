//! Whether a template can read one key in two ways, decided exactly and once.
//!
//! The template as a whole is one regular expression with a capture group per variable. Its
//! automaton is run twice side by side over all possible keys: if both runs can reach the end
//! although a variable started or ended elsewhere in one of them, some key has two readings, and
//! the breadth-first search has found a shortest one.

use std::collections::{HashMap, HashSet, VecDeque};

use regex_automata::nfa::thompson::{Compiler, Config, NFA, State};
use regex_automata::util::primitives::{PatternID, StateID};
use regex_automata::util::syntax;

use super::template::{Part, Pattern, Template};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How many pairs of states are looked at before a template counts as too intricate.
const MOST_PAIRS: usize = 1 << 20;

/// How many bytes the automaton of a template may take.
const LARGEST: usize = 1 << 18;

/// The names of the capture groups that stand for variables, followed by a number.
const GROUP: &str = "reenact_";

/// A key that a template would read in two ways.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "layout `{template}` is ambiguous: it reads key `{key}` with two values of `{{{variable}}}`"
)]
pub(crate) struct Witness {
    template: String,
    key: String,
    variable: String,
}

/// Whether the template is unambiguous, as far as it could be decided.
pub(super) enum Verdict {
    Ambiguous(Witness),
    TooIntricate,
    Unambiguous,
}

/// Returns what all values that fit `regex` start with, or why it cannot constrain a variable; `Err` if it is
/// no regex, or too large a one.
pub(super) fn constraint(regex: &str) -> Result<Result<String, &'static str>, BoxError> {
    let empty = regex::Regex::new(&format!(r"\A(?:{regex})\z"))?.is_match("");
    if empty {
        return Ok(Err("this regex would match the empty text"));
    }
    let nfa = compile(regex)?;
    let states = reachable(&nfa);
    if states.iter().any(|state| matches!(state, State::Look { .. })) {
        return Ok(Err(
            "a constraint always covers the whole value: it needs no `^`, `$` or `\\b`",
        ));
    }
    if states.iter().any(|state| steps(state).iter().any(|step| step.holds(b'/'))) {
        return Ok(Err(
            "this regex would match a `/`, which ends a segment: use a class such as `[^/]`",
        ));
    }
    Ok(Ok(Search { nfa: &nfa, closures: HashMap::new() }.literal_start()))
}

/// Lists the states that a match from the start can pass; an automaton also has some for matches further on.
fn reachable(nfa: &NFA) -> Vec<&State> {
    let mut seen = HashSet::from([nfa.start_anchored()]);
    let mut open = vec![nfa.start_anchored()];
    let mut states = Vec::new();
    while let Some(id) = open.pop() {
        let state = nfa.state(id);
        let empty_steps = match state {
            State::Union { alternates } => alternates.to_vec(),
            State::BinaryUnion { alt1, alt2 } => vec![*alt1, *alt2],
            State::Capture { next, .. } | State::Look { next, .. } => vec![*next],
            _ => Vec::new(),
        };
        let next = steps(state).into_iter().map(|step| step.next).chain(empty_steps);
        open.extend(next.filter(|next| seen.insert(*next)));
        states.push(state);
    }
    states
}

/// Looks for a key with two readings.
pub(super) fn check(text: &str, template: &Template) -> Result<Verdict, BoxError> {
    let mut pattern = String::new();
    let mut variables = Vec::new();
    write_pattern(&template.parts, &mut pattern, &mut variables);
    let search = Search { nfa: &compile(&pattern)?, closures: HashMap::new() };
    Ok(match search.run() {
        Outcome::None => Verdict::Unambiguous,
        Outcome::GaveUp => Verdict::TooIntricate,
        Outcome::Found { key, slot } => Verdict::Ambiguous(Witness {
            template: text.to_owned(),
            key: String::from_utf8_lossy(&key).into_owned(),
            variable: variables[slot / 2].clone(),
        }),
    })
}

fn compile(pattern: &str) -> Result<NFA, BoxError> {
    Ok(Compiler::new()
        .syntax(syntax::Config::new().utf8(false))
        .configure(Config::new().utf8(false).nfa_size_limit(Some(LARGEST)))
        .build(pattern)?)
}

/// Writes the whole template as one regex, and the names of its capture groups in order.
fn write_pattern(parts: &[Part], pattern: &mut String, variables: &mut Vec<String>) {
    for part in parts {
        match part {
            Part::Literal(text) => pattern.push_str(&regex::escape(text)),
            Part::Variable(variable) => {
                // Without a constraint, bytes do for characters, and take far fewer states.
                let flags =
                    if matches!(variable.pattern, Pattern::Regex { .. }) { "" } else { "-u" };
                let number = variables.len();
                let group = format!("(?P<{GROUP}{number}>(?{flags}:{}))", variable.regex());
                pattern.push_str(&group);
                variables.push(variable.name.clone());
            }
            Part::Group(inner) => {
                pattern.push_str("(?:");
                write_pattern(inner, pattern, variables);
                pattern.push_str(")?");
            }
        }
    }
}

/// One way out of a state: over any byte of a range.
#[derive(Clone, Copy)]
struct Step {
    from: u8,
    to: u8,
    next: StateID,
}

impl Step {
    fn holds(self, byte: u8) -> bool {
        (self.from..=self.to).contains(&byte)
    }
}

/// Lists the steps that both states can take together, with a byte for each, the most readable ones first.
fn shared_steps(left: &State, right: &State) -> Vec<(u8, Step, Step)> {
    let others = steps(right);
    let mut shared = Vec::new();
    for step in steps(left) {
        for other in &others {
            let both = step.from.max(other.from)..=step.to.min(other.to);
            shared
                .extend(both.min_by_key(|byte| unreadable(*byte)).map(|byte| (byte, step, *other)));
        }
    }
    shared.sort_by_key(|(byte, ..)| unreadable(*byte));
    shared
}

/// Orders bytes by how badly they read in a message.
fn unreadable(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'0'..=b'9' => 1,
        b'!'..=b'~' => 2,
        _ => 3,
    }
}

fn steps(state: &State) -> Vec<Step> {
    match state {
        State::ByteRange { trans } => {
            vec![Step { from: trans.start, to: trans.end, next: trans.next }]
        }
        State::Sparse(sparse) => sparse
            .transitions
            .iter()
            .map(|trans| Step { from: trans.start, to: trans.end, next: trans.next })
            .collect(),
        State::Dense(dense) => (0..=u8::MAX)
            .zip(&*dense.transitions)
            .filter(|(_, next)| **next != StateID::ZERO)
            .map(|(byte, next)| Step { from: byte, to: byte, next: *next })
            .collect(),
        _ => Vec::new(),
    }
}

/// Both runs, and the first capture slot that only one of them passed at some position.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    left: StateID,
    right: StateID,
    diverged: Option<usize>,
}

enum Outcome {
    Found { key: Vec<u8>, slot: usize },
    GaveUp,
    None,
}

struct Search<'a> {
    nfa: &'a NFA,
    closures: HashMap<StateID, Vec<(StateID, u64)>>,
}

impl Search<'_> {
    fn run(mut self) -> Outcome {
        let start = self.nfa.start_anchored();
        let mut parents: HashMap<Pair, Option<(Pair, u8)>> = HashMap::new();
        let mut queue = VecDeque::new();
        self.enqueue(start, start, None, None, &mut parents, &mut queue);
        while let Some(pair) = queue.pop_front() {
            if parents.len() > MOST_PAIRS {
                return Outcome::GaveUp;
            }
            let (left, right) = (self.nfa.state(pair.left), self.nfa.state(pair.right));
            if let (State::Match { .. }, State::Match { .. }, Some(slot)) =
                (left, right, pair.diverged)
            {
                return Outcome::Found { key: spelled(&parents, pair), slot };
            }
            for (byte, step, other) in shared_steps(left, right) {
                let from = Some((pair, byte));
                self.enqueue(step.next, other.next, pair.diverged, from, &mut parents, &mut queue);
            }
        }
        Outcome::None
    }

    /// Adds all pairs that two states reach without reading a byte.
    fn enqueue(
        &mut self,
        left: StateID,
        right: StateID,
        diverged: Option<usize>,
        from: Option<(Pair, u8)>,
        parents: &mut HashMap<Pair, Option<(Pair, u8)>>,
        queue: &mut VecDeque<Pair>,
    ) {
        let (lefts, rights) = (self.closure(left), self.closure(right));
        for (left, left_slots) in &lefts {
            for (right, right_slots) in &rights {
                let difference = left_slots ^ right_slots;
                let now = (difference != 0).then_some(difference.trailing_zeros() as usize);
                let diverged = diverged.or(now);
                let pair = Pair { left: *left, right: *right, diverged };
                parents.entry(pair).or_insert_with(|| {
                    queue.push_back(pair);
                    from
                });
            }
        }
    }

    /// Returns what all matches start with: goes on as long as there is no way but over one byte.
    fn literal_start(mut self) -> String {
        let mut start = Vec::new();
        let mut states = self.closure(self.nfa.start_anchored());
        loop {
            let ended =
                states.iter().any(|(id, _)| matches!(self.nfa.state(*id), State::Match { .. }));
            let ways: Vec<_> =
                states.iter().flat_map(|(id, _)| steps(self.nfa.state(*id))).collect();
            let Some(first) = ways.first().filter(|_| !ended) else {
                break;
            };
            if ways.iter().any(|way| (way.from, way.to) != (first.from, first.from)) {
                break;
            }
            start.push(first.from);
            states = ways.iter().flat_map(|way| self.closure(way.next)).collect();
            states.sort_unstable();
            states.dedup();
        }
        // Values that part within a character have the characters before it in common.
        start.utf8_chunks().next().map(|chunk| chunk.valid().to_owned()).unwrap_or_default()
    }

    /// Lists the states that read a byte or end the key, with the set of capture slots passed on the way.
    fn closure(&mut self, start: StateID) -> Vec<(StateID, u64)> {
        if let Some(known) = self.closures.get(&start) {
            return known.clone();
        }
        let mut reached = Vec::new();
        let mut seen = HashSet::new();
        let mut open = vec![(start, 0_u64)];
        while let Some((state, slots)) = open.pop() {
            if !seen.insert((state, slots)) {
                continue;
            }
            match self.nfa.state(state) {
                State::Union { alternates } => {
                    open.extend(alternates.iter().map(|next| (*next, slots)));
                }
                State::BinaryUnion { alt1, alt2 } => open.extend([(*alt1, slots), (*alt2, slots)]),
                State::Capture { next, group_index, slot, .. } => {
                    let own = self.variable(group_index.as_usize());
                    let bit = own.map_or(0, |index| 1_u64 << (2 * index + slot.as_usize() % 2));
                    open.push((*next, slots | bit));
                }
                State::Fail | State::Look { .. } => {}
                _ => reached.push((state, slots)),
            }
        }
        self.closures.insert(start, reached.clone());
        reached
    }

    /// Returns which variable a capture group stands for; a group within a constraint stands for none.
    fn variable(&self, group: usize) -> Option<usize> {
        self.nfa.group_info().to_name(PatternID::ZERO, group)?.strip_prefix(GROUP)?.parse().ok()
    }
}

fn spelled(parents: &HashMap<Pair, Option<(Pair, u8)>>, last: Pair) -> Vec<u8> {
    let mut key = Vec::new();
    let mut pair = last;
    while let Some(Some((parent, byte))) = parents.get(&pair) {
        key.push(*byte);
        pair = *parent;
    }
    key.reverse();
    key
}
