//! Generates from a model, streams, cancels from another thread, and keeps a part of the KV cache. usage: generate MODEL [PROMPT]
mod sys;
mod winnow;

use std::io::Write;

fn run(model: &str, prompt: &str) -> Result<(), winnow::Error> {
    let engine = winnow::Engine::load(model, r#"{"more_kv_policies": [{"name": "h2o", "budget": 32}]}"#)?;
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

    // A session whose cache keeps 32 slots of each head, however long its text gets.
    let session = engine.session(r#"{"kv_policy": {"name": "h2o", "budget": 32}}"#)?;
    session.append(prompt)?;
    let tale = session.generate(r#"{"seed": 1, "max_tokens": 120, "ignore_end_of_text": true}"#)?;
    while tale.next_piece()?.is_some() {}
    let held = session.usage()?;
    println!("[h2o kept {:.0} % of {} tokens in {} layers: {} of {} bytes]", 100.0 * held.kept, held.tokens, held.layers, held.bytes, held.full_bytes);

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
