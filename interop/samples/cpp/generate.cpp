// Generates from a model, streams, forks a session, cancels from another thread, and keeps a part of the KV cache. usage: generate MODEL [PROMPT]
#include <cmath>
#include <iostream>
#include <string>
#include <thread>

#include "winnow.hpp"

namespace {

void stream(const winnow::engine &engine, const std::string &prompt) {
    auto generation = engine.generate(prompt, R"({"seed": 1, "max_tokens": 48})");
    std::cout << prompt;
    while (auto piece = generation.next()) std::cout << piece->text << std::flush;
    std::cout << "\n[" << generation.usage().generated_tokens << " tokens]\n";
}

void fork(const winnow::engine &engine) {
    auto session = engine.open_session();
    session.append("One day");
    auto other = session.fork();
    for (auto *each : {&session, &other}) {
        auto generation = each->generate(R"({"temperature": 0, "max_tokens": 12})");
        while (auto piece = generation.next()) std::cout << piece->text;
        std::cout << "\n";
    }
    if (session.tokens() != other.tokens()) throw std::runtime_error("the fork went another way");
}

void cancel(const winnow::engine &engine) {
    auto generation = engine.generate("One day", R"({"ignore_end_of_text": true})");
    generation.next();
    std::thread other([&] { generation.cancel(); });
    try {
        while (generation.next()) {
        }
    } catch (const winnow::error &error) {
        if (error.status() == WINNOW_CANCELLED) std::cout << "[cancelled]\n";
    }
    other.join();
}

// A session whose cache keeps 32 slots of each head, however long its text gets.
void save_memory(const winnow::engine &engine) {
    auto session = engine.open_session(R"({"kv_policy": {"name": "h2o", "budget": 32}})");
    session.append("One day");
    auto generation = session.generate(R"({"seed": 1, "max_tokens": 120, "ignore_end_of_text": true})");
    while (generation.next()) {
    }
    auto held = session.usage();
    std::cout << "[h2o kept " << std::lround(100 * held.kept) << " % of " << held.tokens << " tokens: " << held.bytes << " of " << held.full_bytes << " bytes]\n";
}

}  // namespace

int main(int argc, char **argv) {
    if (argc < 2) {
        std::cerr << "usage: generate MODEL [PROMPT]\n";
        return 2;
    }
    try {
        winnow::engine engine(argv[1], R"({"more_kv_policies": [{"name": "h2o", "budget": 32}]})");
        stream(engine, argc > 2 ? argv[2] : "Once upon a time");
        fork(engine);
        cancel(engine);
        save_memory(engine);
        std::cout << engine.embed("A hen").size() << " numbers for a text\n";
        return 0;
    } catch (const winnow::error &error) {
        std::cerr << "status " << error.status() << ": " << error.what() << "\n";
        return 1;
    }
}
