//! winnow.h for Rust: a safe wrapper with the standard library alone.
use std::os::raw::{c_char, c_void};

#[repr(C)]
struct Piece {
    struct_size: usize,
    text_length: usize,
    token: i32,
    log_probability: f32,
    finish_reason: i32,
    log_probabilities: i32,
}

#[link(name = "winnow")]
extern "C" {
    fn winnow_last_error(buffer: *mut c_char, size: usize, length: *mut usize) -> i32;
    fn winnow_engine_load(path: *const c_char, path_length: usize, options: *const c_char, options_length: usize, progress: *const c_void, user: *mut c_void, cancel: u64, engine: *mut u64) -> i32;
    fn winnow_engine_free(engine: u64) -> i32;
    fn winnow_generate(engine: u64, prompt: *const c_char, prompt_length: usize, options: *const c_char, options_length: usize, generation: *mut u64) -> i32;
    fn winnow_generation_next(generation: u64, piece: *mut Piece, text: *mut c_char, size: usize) -> i32;
    fn winnow_generation_cancel(generation: u64) -> i32;
    fn winnow_generation_free(generation: u64) -> i32;
}

pub const CANCELLED: i32 = 9;

#[derive(Debug)]
pub struct Error {
    pub status: i32,
    pub message: String,
}

fn check(status: i32) -> Result<(), Error> {
    if status == 0 {
        return Ok(());
    }
    let mut buffer = vec![0u8; 4096];
    let mut length = 0;
    unsafe { winnow_last_error(buffer.as_mut_ptr().cast(), buffer.len(), &mut length) };
    buffer.truncate(length.min(4095));
    Err(Error { status, message: String::from_utf8_lossy(&buffer).into_owned() })
}

/// A loaded model. The library allows calls from every thread.
pub struct Engine(u64);

impl Engine {
    pub fn load(path: &str, options: &str) -> Result<Engine, Error> {
        let mut engine = 0;
        check(unsafe {
            winnow_engine_load(path.as_ptr().cast(), path.len(), options.as_ptr().cast(), options.len(), std::ptr::null(), std::ptr::null_mut(), 0, &mut engine)
        })?;
        Ok(Engine(engine))
    }

    pub fn generate(&self, prompt: &str, options: &str) -> Result<Generation, Error> {
        let mut generation = 0;
        check(unsafe {
            winnow_generate(self.0, prompt.as_ptr().cast(), prompt.len(), options.as_ptr().cast(), options.len(), &mut generation)
        })?;
        Ok(Generation(generation))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        unsafe { winnow_engine_free(self.0) };
    }
}

/// Text that is being generated: an iterator over its pieces.
pub struct Generation(u64);

impl Generation {
    /// Ends it within a step; from any thread.
    pub fn cancel(&self) -> Result<(), Error> {
        check(unsafe { winnow_generation_cancel(self.0) })
    }

    pub fn next_piece(&self) -> Result<Option<String>, Error> {
        let mut piece = Piece { struct_size: std::mem::size_of::<Piece>(), text_length: 0, token: 0, log_probability: 0.0, finish_reason: 0, log_probabilities: 0 };
        let mut text = vec![0u8; 64];
        loop {
            match unsafe { winnow_generation_next(self.0, &mut piece, text.as_mut_ptr().cast(), text.len()) } {
                1 => return Ok(None),
                4 => text.resize(piece.text_length + 1, 0),
                status => {
                    check(status)?;
                    text.truncate(piece.text_length);
                    return Ok(Some(String::from_utf8(text).expect("the library gives UTF-8")));
                }
            }
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        unsafe { winnow_generation_free(self.0) };
    }
}
