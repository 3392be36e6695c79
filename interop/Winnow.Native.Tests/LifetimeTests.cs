using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Native;

/// <summary>Many threads, random cancels and frees, and the end of everything.</summary>
public sealed class LifetimeTests
{
    private const int Threads = 8;
    private const int SessionsOfThread = 200;

    [Test, CancelAfter(120_000)]
    public void Sessions_OfManyThreadsWithRandomEndsGiveAllMemoryBack()
    {
        ulong engine = LoadSmall();
        int before = FreePages(engine);
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread => Use(engine, new Random(thread)));

        Assert.That(SpinWait.SpinUntil(() => FreePages(engine) == before, 10_000), "pages that nobody holds are not free");
        Assert.That(Abi.Text("winnow_engine_statistics", engine), Does.Contain("\"open_sessions\":0"));
        Abi.Do("winnow_engine_free", engine);
    }

    [Test, CancelAfter(120_000), Category("InProcess")]
    public void Sessions_OfManyThreadsLeaveNothingOnTheHeap()
    {
        // Of the published library interop/tests/stress.cpp measures the memory; here it is known to the byte what the collector keeps. What stays
        // for each session comes again in every round; threads that the pool starts on a busy machine, and what they hold, come once.
        const int SmallestObject = 24;
        const int Rounds = 6;
        ulong engine = LoadSmall();
        long kept = 0;
        long least = long.MaxValue;
        for (int round = 0; round < Rounds && least >= SmallestObject * Threads * SessionsOfThread; round++)
        {
            Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread => Use(engine, new Random(thread)));
            Assert.That(SpinWait.SpinUntil(() => Abi.Text("winnow_engine_statistics", engine).Contains("\"running_requests\":0", StringComparison.Ordinal), 10_000));
            Abi.Forget();
            long before = kept;
            kept = GC.GetTotalMemory(forceFullCollection: true);
            least = round == 0 ? least : Math.Min(least, kept - before);
        }

        TestContext.Out.WriteLine($"{least} bytes more after {Threads * SessionsOfThread} sessions");
        Assert.That(least, Is.LessThan(SmallestObject * Threads * SessionsOfThread), "an object stays for each session");
        Abi.Do("winnow_engine_free", engine);
    }

    [Test]
    public void Shutdown_FreesEverythingAndSaysWhatWasLeft()
    {
        Abi.Do("winnow_shutdown", (nint)0);
        ulong engine = Abi.Handle("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\"}", (nint)0, (nint)0, 0UL);
        ulong session = Abi.Handle("winnow_session_create", engine);
        ulong generation = Abi.Handle("winnow_generate", engine, "Once", "{\"ignore_end_of_text\": true}");
        Abi.Next(generation, out _, out _);
        Cell<nuint> leaked = new();
        Abi.Do("winnow_shutdown", leaked);
        Assert.That(leaked.Value, Is.EqualTo((nuint)3));
        Assert.That(Abi.LastError, Is.EqualTo("These were not freed: 1 x Engine, 1 x Session, 1 x Generation."));
        Assert.That(Abi.Call("winnow_session_free", session), Is.EqualTo(Status.InvalidHandle));
        Abi.Do("winnow_shutdown", leaked);
        Assert.That(leaked.Value, Is.EqualTo((nuint)0));
    }

    [Test]
    public async Task LastError_IsTheThreadsOwn()
    {
        Abi.Call("winnow_engine_free", 0UL);
        string mine = Abi.LastError;
        await Task.Run(() => Abi.Call("winnow_engine_load", "/there-is-none", null, (nint)0, (nint)0, 0UL, new Cell<ulong>())).ConfigureAwait(true);
        Assert.That(mine, Does.Contain("null"));
    }

    [Test]
    public async Task ObjectError_IsThatOfTheObjectFromAnyThread()
    {
        ulong engine = Abi.Handle("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\"}", (nint)0, (nint)0, 0UL);
        ulong session = Abi.Handle("winnow_session_create", engine);
        ulong cancel = Abi.Handle("winnow_cancel_create");
        string[] failures = await Task.Run(() =>
        {
            List<string> messages = [];
            Abi.Call("winnow_session_generate", session, null, new Cell<ulong>());
            messages.Add(Abi.LastError);
            Abi.Call("winnow_generate", engine, "Once", "{\"temprature\": 1}", new Cell<ulong>());
            messages.Add(Abi.LastError);
            Abi.Call("winnow_engine_load", "/there-is-none", null, (nint)0, (nint)0, cancel, new Cell<ulong>());
            messages.Add(Abi.LastError);
            return messages.ToArray();
        }).ConfigureAwait(true);

        Assert.That(failures, Is.Unique);
        foreach ((ulong target, string message) in new[] { session, engine, cancel }.Zip(failures))
        {
            Assert.That(message, Is.Not.Empty);
            Assert.That(Abi.Text("winnow_object_error", target), Is.EqualTo(message));
            byte[] small = GC.AllocateArray<byte>(4, pinned: true);
            Assert.That(Abi.Call("winnow_object_error", target, Abi.Address(small), (nuint)4, new Cell<nuint>()), Is.EqualTo(Status.BufferTooSmall));
            Assert.That(Abi.Text("winnow_object_error", target), Is.EqualTo(message), "asking for the message took its place");
        }

        // What fails with two objects is told to both, and what uses a slot afterwards begins without a message.
        Abi.Do("winnow_cancel_request", cancel);
        Assert.That(Abi.Call("winnow_session_append_text", session, "Once", cancel), Is.EqualTo(Status.Cancelled));
        Assert.That(Abi.Text("winnow_object_error", session), Is.EqualTo(Abi.LastError).And.EqualTo(Abi.Text("winnow_object_error", cancel)));
        Abi.Do("winnow_cancel_free", cancel);
        Assert.That(Abi.Call("winnow_object_error", cancel, (nint)0, (nuint)0, new Cell<nuint>()), Is.EqualTo(Status.InvalidHandle));
        ulong next = Abi.Handle("winnow_cancel_create");
        Assert.That(Abi.Text("winnow_object_error", next), Is.Empty);
        Abi.Do("winnow_cancel_free", next);
        Abi.Do("winnow_session_free", session);
        Abi.Do("winnow_engine_free", engine);
    }

    private static void Use(ulong engine, Random random)
    {
        for (int count = 0; count < SessionsOfThread; count++)
        {
            ulong session = Abi.Handle("winnow_session_create", engine);
            Abi.Do("winnow_session_append_tokens", session, new[] { random.Next(100), random.Next(100) }, 0UL);
            ulong generation = Abi.Handle("winnow_session_generate", session, $"{{\"seed\": {count}, \"max_tokens\": 6}}");
            int end = random.Next(5);
            for (int piece = random.Next(4); piece > 0 && Abi.Next(generation, out _, out _) == Status.Ok; piece--)
            {
            }

            Task other = Task.Run(() => Abi.Call(end == 0 ? "winnow_generation_cancel" : end == 1 ? "winnow_generation_free" : "winnow_session_tokens",
                end < 2 ? [generation] : [session, (nint)0, (nuint)0, new Cell<nuint>()]));
            Status status = Abi.Next(generation, out _, out _);
            Assert.That(status, Is.AnyOf(Status.Ok, Status.End, Status.Cancelled, Status.Closed, Status.InvalidHandle));
            (string, ulong)[] frees = [("winnow_session_free", session), ("winnow_generation_free", generation)];
            foreach ((string free, ulong handle) in random.Next(2) == 0 ? frees : frees.Reverse())
            {
                Assert.That(Abi.Call(free, handle), Is.AnyOf(Status.Ok, Status.InvalidHandle));
            }

            other.GetAwaiter().GetResult();
        }
    }

    private static ulong LoadSmall() =>
        Abi.Handle("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\", \"context_tokens\": 64, \"max_sequences\": 8}", (nint)0, (nint)0, 0UL);

    private static int FreePages(ulong engine)
    {
        using JsonDocument statistics = JsonDocument.Parse(Abi.Text("winnow_engine_statistics", engine));
        return statistics.RootElement.GetProperty("free_pages").GetInt32();
    }
}
