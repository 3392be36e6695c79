// winnow.hpp - winnow.h for C++17: objects that free themselves, and exceptions. Header only.
#ifndef WINNOW_HPP
#define WINNOW_HPP

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "winnow.h"

namespace winnow {

/// A status other than WINNOW_OK, with the library's message.
class error : public std::runtime_error {
public:
    error(winnow_status status, const std::string &message) : std::runtime_error(message), status_(status) {}
    winnow_status status() const noexcept { return status_; }

private:
    winnow_status status_;
};

/// The message of the last call of this thread that failed.
inline std::string last_error() {
    std::size_t length = 0;
    winnow_last_error(nullptr, 0, &length);
    std::string message(length + 1, '\0');
    winnow_last_error(message.data(), message.size(), &length);
    message.resize(length);
    return message;
}

inline void check(winnow_status status) {
    if (status != WINNOW_OK) throw error(status, last_error());
}

/// Asks for the length, makes room, asks again: for functions that end in (buffer, size, length).
template <class Ask>
std::string text(Ask ask) {
    std::size_t length = 0;
    check(ask(nullptr, 0, &length));
    std::string result(length + 1, '\0');
    check(ask(result.data(), result.size(), &length));
    result.resize(length);
    return result;
}

/// The same for arrays.
template <class T, class Ask>
std::vector<T> values(Ask ask) {
    std::size_t count = 0;
    check(ask(nullptr, 0, &count));
    std::vector<T> result(count + 1);
    check(ask(result.data(), count, &count));
    result.resize(count);
    return result;
}

/// The policies that KV caches can have, JSON.
inline std::string kv_policies() { return text(winnow_kv_policies); }

/// Owns a handle; movable, not copyable.
template <winnow_status(WINNOW_CALL *Free)(std::uint64_t)>
class handle {
public:
    handle() = default;
    explicit handle(std::uint64_t value) noexcept : value_(value) {}
    handle(handle &&other) noexcept : value_(std::exchange(other.value_, 0)) {}
    handle &operator=(handle &&other) noexcept {
        if (this != &other) {
            reset();
            value_ = std::exchange(other.value_, 0);
        }
        return *this;
    }
    ~handle() { reset(); }
    std::uint64_t get() const noexcept { return value_; }
    void reset() noexcept {
        if (value_ != 0) Free(std::exchange(value_, 0));
    }

private:
    std::uint64_t value_ = 0;
};

struct piece : winnow_piece {
    std::string text;
};

/// Text that is being generated: `while (auto piece = generation.next()) std::cout << piece->text;`
class generation {
public:
    explicit generation(winnow_generation value) : handle_(value) {}

    /// The next piece; nothing at the end. Throws error with WINNOW_CANCELLED where it was cancelled.
    std::optional<piece> next() {
        piece result{};
        result.struct_size = sizeof(winnow_piece);
        result.text.resize(64);
        winnow_status status;
        while ((status = winnow_generation_next(handle_.get(), &result, result.text.data(), result.text.size())) == WINNOW_BUFFER_TOO_SMALL) {
            result.text.resize(result.text_length + 1);
        }
        if (status == WINNOW_END) return std::nullopt;
        check(status);
        result.text.resize(result.text_length);
        return result;
    }

    /// Ends it within a step; from any thread.
    void cancel() { check(winnow_generation_cancel(handle_.get())); }

    winnow_usage usage() const {
        winnow_usage result{};
        result.struct_size = sizeof result;
        check(winnow_generation_usage(handle_.get(), &result));
        return result;
    }

private:
    handle<winnow_generation_free> handle_;
};

/// A sequence of tokens that stays.
class session {
public:
    explicit session(winnow_session value) : handle_(value) {}

    void append(std::string_view text) { check(winnow_session_append_text(handle_.get(), text.data(), text.size(), 0)); }

    generation generate(std::string_view options = {}) const {
        winnow_generation result;
        check(winnow_session_generate(handle_.get(), options.data(), options.size(), &result));
        return generation(result);
    }

    session fork() const {
        winnow_session result;
        check(winnow_session_fork(handle_.get(), &result));
        return session(result);
    }

    void rollback(std::size_t count) { check(winnow_session_rollback(handle_.get(), count)); }

    void save(std::string_view path) const { check(winnow_session_save(handle_.get(), path.data(), path.size())); }

    /// From now on nothing more leaves its cache.
    void freeze() { check(winnow_session_freeze(handle_.get())); }

    winnow_kv_usage usage() const {
        winnow_kv_usage result{};
        result.struct_size = sizeof result;
        check(winnow_session_usage(handle_.get(), &result));
        return result;
    }

    std::vector<std::int32_t> tokens() const {
        return values<std::int32_t>([&](std::int32_t *array, std::size_t capacity, std::size_t *count) {
            return winnow_session_tokens(handle_.get(), array, capacity, count);
        });
    }

private:
    handle<winnow_session_free> handle_;
};

/// A loaded model; may be used from several threads.
class engine {
public:
    explicit engine(std::string_view path, std::string_view options = {}) {
        winnow_engine result;
        check(winnow_engine_load(path.data(), path.size(), options.data(), options.size(), nullptr, nullptr, 0, &result));
        handle_ = handle<winnow_engine_free>(result);
    }

    generation generate(std::string_view prompt, std::string_view options = {}) const {
        winnow_generation result;
        check(winnow_generate(handle_.get(), prompt.data(), prompt.size(), options.data(), options.size(), &result));
        return generation(result);
    }

    session open_session(std::string_view options = {}) const {
        winnow_session result;
        check(winnow_session_create_with(handle_.get(), options.data(), options.size(), &result));
        return session(result);
    }

    session restore(std::string_view path, std::string_view options = {}) const {
        winnow_session result;
        check(winnow_session_restore_with(handle_.get(), path.data(), path.size(), options.data(), options.size(), &result));
        return session(result);
    }

    std::vector<float> embed(const std::string &one, std::string_view options = {}) const {
        const char *text = one.data();
        std::size_t length = one.size();
        return values<float>([&](float *array, std::size_t capacity, std::size_t *count) {
            return winnow_embed(handle_.get(), &text, &length, 1, options.data(), options.size(), 0, array, capacity, count);
        });
    }

    std::string info() const {
        return text([&](char *buffer, std::size_t size, std::size_t *length) { return winnow_engine_info(handle_.get(), buffer, size, length); });
    }

private:
    handle<winnow_engine_free> handle_;
};

}  // namespace winnow

#endif
