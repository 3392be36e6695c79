//! What of winnow.h the sample needs, as it is.
use std::os::raw::{c_char, c_void};

#[repr(C)]
#[derive(Default)]
pub struct Piece {
    pub struct_size: usize,
    pub text_length: usize,
    pub token: i32,
    pub log_probability: f32,
    pub finish_reason: i32,
    pub log_probabilities: i32,
}

/// What a session holds of the KV cache.
#[repr(C)]
#[derive(Default)]
pub struct KvUsage {
    pub struct_size: usize,
    pub bytes: i64,
    pub full_bytes: i64,
    pub kept: f64,
    pub tokens: i32,
    pub layers: i32,
}

#[link(name = "winnow")]
extern "C" {
    pub fn winnow_last_error(buffer: *mut c_char, size: usize, length: *mut usize) -> i32;
    pub fn winnow_engine_load(path: *const c_char, path_length: usize, options: *const c_char, options_length: usize, progress: *const c_void, user: *mut c_void, cancel: u64, engine: *mut u64) -> i32;
    pub fn winnow_engine_free(engine: u64) -> i32;
    pub fn winnow_session_create_with(engine: u64, options: *const c_char, options_length: usize, session: *mut u64) -> i32;
    pub fn winnow_session_append_text(session: u64, text: *const c_char, text_length: usize, cancel: u64) -> i32;
    pub fn winnow_session_generate(session: u64, options: *const c_char, options_length: usize, generation: *mut u64) -> i32;
    pub fn winnow_session_usage(session: u64, usage: *mut KvUsage) -> i32;
    pub fn winnow_session_free(session: u64) -> i32;
    pub fn winnow_generate(engine: u64, prompt: *const c_char, prompt_length: usize, options: *const c_char, options_length: usize, generation: *mut u64) -> i32;
    pub fn winnow_generation_next(generation: u64, piece: *mut Piece, text: *mut c_char, size: usize) -> i32;
    pub fn winnow_generation_cancel(generation: u64) -> i32;
    pub fn winnow_generation_free(generation: u64) -> i32;
}
