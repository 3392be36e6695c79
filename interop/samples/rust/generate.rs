//! Generates from a model, streams, and cancels from another thread. usage: generate MODEL [PROMPT]
mod winnow;

use std::io::Write;

fn run(model: &str, prompt: &str) -> Result<(), winnow::Error> {
    let engine = winnow::Engine::load(model, "")?;
    let generation = engine.generate(prompt, r#"{"seed": 1, "max_tokens": 48}"#)?;
    print!("{prompt}");
    while let Some(text) = generation.next_piece()? {
        print!("{text}");
        std::io::stdout().flush().ok();
    }
    println!();

    let endless = engine.generate(prompt, r#"{"ignore_end_of_text": true}"#)?;
    endless.next_piece()?;
    std::thread::scope(|scope| {
        scope.spawn(|| endless.cancel());
        loop {
            match endless.next_piece() {
                Ok(Some(_)) => continue,
                Ok(None) => return println!("[ended by itself]"),
                Err(error) if error.status == winnow::CANCELLED => return println!("[cancelled]"),
                Err(error) => panic!("{}", error.message),
            }
        }
    });

    if let Err(error) = engine.generate(prompt, r#"{"temprature": 1}"#) {
        println!("As it should be: {}", error.message);
    }
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let Some(model) = arguments.get(1) else {
        eprintln!("usage: generate MODEL [PROMPT]");
        std::process::exit(2);
    };
    let prompt = arguments.get(2).map_or("Once upon a time", String::as_str);
    if let Err(error) = run(model, prompt) {
        eprintln!("status {}: {}", error.status, error.message);
        std::process::exit(1);
    }
}
