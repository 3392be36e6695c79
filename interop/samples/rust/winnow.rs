//! A safe wrapper of winnow.h with the standard library alone.
pub use crate::sys::KvUsage;
use crate::sys::*;

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

/// An object of the library, which ends with its owner. The library allows calls from every thread.
struct Owned(u64, unsafe extern "C" fn(u64) -> i32);

impl Owned {
    fn new(free: unsafe extern "C" fn(u64) -> i32, make: impl FnOnce(*mut u64) -> i32) -> Result<Owned, Error> {
        let mut handle = 0;
        check(make(&mut handle)).map(|_| Owned(handle, free))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        unsafe { (self.1)(self.0) };
    }
}

/// A loaded model.
pub struct Engine(Owned);

impl Engine {
    pub fn load(path: &str, options: &str) -> Result<Engine, Error> {
        let (model, text) = (path.as_ptr().cast(), options.as_ptr().cast());
        Owned::new(winnow_engine_free, |made| unsafe { winnow_engine_load(model, path.len(), text, options.len(), std::ptr::null(), std::ptr::null_mut(), 0, made) }).map(Engine)
    }

    pub fn generate(&self, prompt: &str, options: &str) -> Result<Generation, Error> {
        let (text, asked) = (prompt.as_ptr().cast(), options.as_ptr().cast());
        Owned::new(winnow_generation_free, |made| unsafe { winnow_generate(self.0 .0, text, prompt.len(), asked, options.len(), made) }).map(Generation)
    }

    pub fn session(&self, options: &str) -> Result<Session, Error> {
        Owned::new(winnow_session_free, |made| unsafe { winnow_session_create_with(self.0 .0, options.as_ptr().cast(), options.len(), made) }).map(Session)
    }
}

/// A sequence of tokens that stays.
pub struct Session(Owned);

impl Session {
    pub fn append(&self, text: &str) -> Result<(), Error> {
        check(unsafe { winnow_session_append_text(self.0 .0, text.as_ptr().cast(), text.len(), 0) })
    }

    pub fn generate(&self, options: &str) -> Result<Generation, Error> {
        Owned::new(winnow_generation_free, |made| unsafe { winnow_session_generate(self.0 .0, options.as_ptr().cast(), options.len(), made) }).map(Generation)
    }

    pub fn usage(&self) -> Result<KvUsage, Error> {
        let mut usage = KvUsage { struct_size: std::mem::size_of::<KvUsage>(), ..Default::default() };
        check(unsafe { winnow_session_usage(self.0 .0, &mut usage) }).map(|_| usage)
    }
}

/// Text that is being generated.
pub struct Generation(Owned);

impl Generation {
    /// Ends it within a step; from any thread.
    pub fn cancel(&self) -> Result<(), Error> {
        check(unsafe { winnow_generation_cancel(self.0 .0) })
    }

    pub fn next_piece(&self) -> Result<Option<String>, Error> {
        let mut piece = Piece { struct_size: std::mem::size_of::<Piece>(), ..Default::default() };
        let mut text = vec![0u8; 64];
        loop {
            match unsafe { winnow_generation_next(self.0 .0, &mut piece, text.as_mut_ptr().cast(), text.len()) } {
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
