//! The steps of the `flights` pipeline as a program, for tests to start.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((first, step)) if first == "flights" => reenact_examples::flights::run_step(step),
        _ => Err("usage: flights flights STEP INPUTS OUTPUTS [FLAG]".into()),
    }
}
