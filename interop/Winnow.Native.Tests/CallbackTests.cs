using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Native;

/// <summary>Callbacks that are slow, that call back in, and that end what called them.</summary>
[FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class CallbackTests
{
    private const string Prompt = "Once upon a time";
    private const string Sampled = "{\"seed\": 7, \"max_tokens\": 40}";
    private const string Endless = "{\"seed\": 7, \"ignore_end_of_text\": true}";
    private static readonly StringBuilder Heard = new();
    private static readonly ManualResetEventSlim Entered = new();
    private static readonly ManualResetEventSlim Released = new();
    private static ulong _used;

    private ulong _engine;

    [OneTimeSetUp]
    public void Load() => _engine = Abi.Handle("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\", \"max_sequences\": 8}", (nint)0, (nint)0, 0UL);

    [OneTimeTearDown]
    public void Free() => Abi.Do("winnow_engine_free", _engine);

    [Test]
    public unsafe void Run_HandsOverTheSamePieces()
    {
        string expected = Abi.ReadAll(Abi.Handle("winnow_generate", _engine, Prompt, Sampled));
        ulong generation = Abi.Handle("winnow_generate", _engine, Prompt, Sampled);
        delegate* unmanaged[Cdecl]<void*, Piece*, byte*, nuint, int> hear = &Hear;
        Heard.Clear();
        Abi.Do("winnow_generation_run", generation, (nint)hear, (nint)0);
        Assert.That(Heard.ToString(), Is.EqualTo(expected));

        Cell<UsageFigures> usage = new(new UsageFigures { StructSize = 64 });
        Abi.Do("winnow_generation_usage", generation, usage);
        Assert.That((usage.Value.Seed, usage.Value.GeneratedTokens), Is.EqualTo((7UL, 40)));
        Assert.That(usage.Value.DurationSeconds, Is.GreaterThanOrEqualTo(usage.Value.TimeToFirstTokenSeconds));
        Abi.Do("winnow_generation_free", generation);
    }

    [Test]
    public unsafe void Run_ThatTheCallbackStopsIsCancelled()
    {
        ulong generation = Abi.Handle("winnow_generate", _engine, Prompt, Endless);
        delegate* unmanaged[Cdecl]<void*, Piece*, byte*, nuint, int> stop = &Stop;
        Assert.That(Abi.Call("winnow_generation_run", generation, (nint)stop, (nint)0), Is.EqualTo(Status.Cancelled));
        Assert.That(Abi.Next(generation, out _, out _), Is.EqualTo(Status.End));
        Abi.Do("winnow_generation_free", generation);
        AssertIdle();
    }

    [Test]
    public unsafe void Run_WhoseCallbackCallsBackInAndFreesItEnds()
    {
        ulong generation = _used = Abi.Handle("winnow_generate", _engine, Prompt, Endless);
        delegate* unmanaged[Cdecl]<void*, Piece*, byte*, nuint, int> free = &FreeItself;
        Assert.That(Abi.Call("winnow_generation_run", generation, (nint)free, (nint)0), Is.EqualTo(Status.Cancelled));
        Assert.That(Abi.Call("winnow_generation_cancel", generation), Is.EqualTo(Status.InvalidHandle));
        AssertIdle();
    }

    [Test, CancelAfter(60_000)]
    public async Task Run_WithASlowCallbackHoldsUpNobodyElse()
    {
        // The callback returns only when two other generations of the same engine have ended.
        string expected = Abi.ReadAll(Abi.Handle("winnow_generate", _engine, Prompt, Sampled));
        Released.Reset();
        Entered.Reset();
        ulong slow = Abi.Handle("winnow_generate", _engine, Prompt, Sampled);
        Task<Status> running = Task.Run(() => RunSlowly(slow));
        Entered.Wait();
        Assert.That(Abi.ReadAll(Abi.Handle("winnow_generate", _engine, Prompt, Sampled)), Is.EqualTo(expected));
        Assert.That(Abi.ReadAll(Abi.Handle("winnow_generate", _engine, Prompt, Sampled)), Is.EqualTo(expected));
        Assert.That(running.IsCompleted, Is.False);
        Released.Set();
        Assert.That(await running, Is.EqualTo(Status.Ok));
        Abi.Do("winnow_generation_free", slow);
        AssertIdle();
    }

    [Test]
    public unsafe void Run_WhoseCallbackUsesTheEngineGetsOn()
    {
        string expected = Abi.ReadAll(Abi.Handle("winnow_generate", _engine, Prompt, Sampled));
        ulong generation = Abi.Handle("winnow_generate", _engine, Prompt, "{\"max_tokens\": 3, \"ignore_end_of_text\": true}");
        delegate* unmanaged[Cdecl]<void*, Piece*, byte*, nuint, int> nested = &GenerateInside;
        Heard.Clear();
        _used = _engine;
        Abi.Do("winnow_generation_run", generation, (nint)nested, (nint)0);
        Assert.That(Heard.ToString(), Is.EqualTo(expected + expected + expected));
        Abi.Do("winnow_generation_free", generation);
    }

    [Test]
    public unsafe void Load_WhoseProgressUsesTheLibraryGetsOn()
    {
        delegate* unmanaged[Cdecl]<void*, int, long, long, int> nested = &GenerateWhileLoading;
        Heard.Clear();
        _used = _engine;
        ulong engine = Abi.Handle("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\"}", (nint)nested, (nint)0, 0UL);
        Assert.That(Heard.ToString(), Is.Not.Empty);
        Abi.Do("winnow_engine_free", engine);
    }

    [Test]
    public unsafe void Load_ThatProgressStopsIsCancelled()
    {
        delegate* unmanaged[Cdecl]<void*, int, long, long, int> stop = &StopLoading;
        Assert.That(Abi.Call("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\"}", (nint)stop, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.Cancelled));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int Hear(void* user, Piece* piece, byte* text, nuint length)
    {
        Heard.Append(Encoding.UTF8.GetString(text, (int)length));
        return 0;
    }

    private static unsafe Status RunSlowly(ulong generation)
    {
        delegate* unmanaged[Cdecl]<void*, Piece*, byte*, nuint, int> wait = &WaitForOthers;
        return Abi.Call("winnow_generation_run", generation, (nint)wait, (nint)0);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int WaitForOthers(void* user, Piece* piece, byte* text, nuint length)
    {
        Entered.Set();
        Released.Wait();
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int GenerateInside(void* user, Piece* piece, byte* text, nuint length)
    {
        Heard.Append(Abi.ReadAll(Abi.Handle("winnow_generate", _used, Prompt, Sampled)));
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int GenerateWhileLoading(void* user, int stage, long done, long total)
    {
        Heard.Append(Abi.ReadAll(Abi.Handle("winnow_generate", _used, Prompt, "{\"max_tokens\": 2, \"ignore_end_of_text\": true}")));
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int Stop(void* user, Piece* piece, byte* text, nuint length) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int FreeItself(void* user, Piece* piece, byte* text, nuint length) =>
        Abi.Call("winnow_generation_next", _used, (nint)piece, (nint)text, length) == Status.InvalidState
        && Abi.Call("winnow_generation_free", _used) == Status.Ok ? 0 : 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int StopLoading(void* user, int stage, long done, long total) => 1;

    private void AssertIdle()
    {
        string statistics = "";
        Assert.That(SpinWait.SpinUntil(() => (statistics = Abi.Text("winnow_engine_statistics", _engine)).Contains("\"running_requests\":0", StringComparison.Ordinal), 10_000), statistics);
    }
}
