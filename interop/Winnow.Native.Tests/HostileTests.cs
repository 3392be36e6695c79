using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Native;

/// <summary>Every function of the header with wrong handles, texts, options, results and buffers: the documented status, always.</summary>
[FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class HostileTests
{
    private Samples _samples = null!;

    [OneTimeSetUp]
    public void Open() => _samples = new Samples();

    [OneTimeTearDown]
    public void Close() => _samples.Dispose();

    private static IEnumerable<TestCaseData> WithHandles() => Cases(parameter => IsHandle(parameter.Type));

    private static IEnumerable<TestCaseData> WithTexts() => Cases(parameter => parameter.Type == "const char *");

    private static IEnumerable<TestCaseData> WithOptions() => Cases(parameter => parameter.Name == "options");

    private static IEnumerable<TestCaseData> WithResults() => Cases(parameter =>
        (parameter.Type.EndsWith('*') && IsHandle(parameter.Type[..^2])) || parameter.Type is "winnow_piece *" or "winnow_usage *" or "winnow_kv_usage *" or "uint64_t *");

    private static IEnumerable<TestCaseData> WithBuffers() => Cases(parameter => parameter.Name is "size" or "capacity");

    [TestCaseSource(nameof(WithHandles))]
    public void Handle_ThatIsNoneOfItsKindIsInvalid(string name, int index)
    {
        HeaderFunction function = Header.Find(name);
        object[] arguments = Arguments(function);
        string kind = function.Parameters[index].Type;
        bool isOptional = kind == "winnow_cancel" && !name.StartsWith("winnow_cancel_", StringComparison.Ordinal);
        List<ulong> wrong = [1, ulong.MaxValue, 0x0100_0001_ffff_ffff, 0xdead_beef_dead_beef, Random(1), Random(2), Random(3)];
        wrong.AddRange(_samples.Live.Where(other => other.Key != kind && kind != "winnow_object").Select(other => other.Value));
        wrong.AddRange(_samples.Freed.Values);
        wrong.AddRange(isOptional ? [] : [0UL]);
        if (_samples.Live.TryGetValue(kind == "winnow_object" ? "winnow_session" : kind, out ulong live))
        {
            // The same slot and kind, another use of it; the same slot and use, another kind.
            wrong.AddRange([live ^ (1UL << 32), live ^ (1UL << 60)]);
        }

        foreach (ulong handle in wrong)
        {
            arguments[index] = handle;
            Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidHandle), $"0x{handle:x}");
            Assert.That(Abi.LastError, Does.Contain("handle"));
        }
    }

    [TestCaseSource(nameof(WithTexts))]
    public void Text_ThatIsNotUtf8IsInvalid(string name, int index)
    {
        object[] arguments = Arguments(Header.Find(name));
        byte[] text = GC.AllocateArray<byte>(4, pinned: true);
        foreach (byte[] wrong in new byte[][] { [0xff, 0, 0, 0], [0xc0, 0xaf, 0, 0], [0xed, 0xa0, 0x80, 0], [(byte)'a', 0xe2, 0x82, 0] })
        {
            wrong.CopyTo(text, 0);
            (arguments[index], arguments[index + 1]) = (Abi.Address(text), (nuint)3);
            Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument));
            Assert.That(Abi.LastError, Does.Contain("is not UTF-8"));
        }

        (arguments[index], arguments[index + 1]) = ((nint)0, (nuint)3);
        Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument), "null with a length");
        (arguments[index], arguments[index + 1]) = ((nint)0, nuint.MaxValue);
        Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument), "null that ends with a zero byte");
        (arguments[index], arguments[index + 1]) = (Abi.Address(text), nuint.MaxValue - 1);
        Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument), "longer than memory");
    }

    [TestCaseSource(nameof(WithOptions))]
    public void Options_ThatAreWrongAreInvalidAndExplained(string name, int index)
    {
        object[] arguments = Arguments(Header.Find(name));
        foreach ((string json, string message) in new[] { ("{", "is not JSON"), ("[]", "must be a JSON object"), ("{\"no_such_option\": 1}", "no_such_option"), ("7", "must be a JSON object"), ("{\"no_such_option\": \"\\ud800\"}", "is not JSON") })
        {
            byte[] text = Samples.Pinned(json);
            (arguments[index], arguments[index + 1]) = (Abi.Address(text), (nuint)json.Length);
            Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument), json);
            Assert.That(Abi.LastError, Does.Contain(message));
            if (message == "no_such_option")
            {
                Assert.That(Abi.LastError, Does.Contain("Known: "));
            }
        }
    }

    [TestCaseSource(nameof(WithResults))]
    public void Result_ThatIsNullIsInvalid(string name, int index)
    {
        object[] arguments = Arguments(Header.Find(name));
        arguments[index] = (nint)0;
        Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument));
    }

    [TestCaseSource(nameof(WithBuffers))]
    public void Buffer_ThatIsTooSmallStaysAndTheLengthIsTold(string name, int index)
    {
        object[] arguments = Arguments(Header.Find(name));
        Abi.Call("winnow_engine_free", 0UL);
        byte[] buffer = GC.AllocateArray<byte>(64, pinned: true);
        buffer.AsSpan().Fill(0x5a);
        var length = new Cell<nuint>();
        (arguments[index - 1], arguments[index]) = (Abi.Address(buffer), (nuint)0);
        bool isNext = name == "winnow_generation_next";
        if (!isNext)
        {
            arguments[index + 1] = length.Address;
        }

        Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.BufferTooSmall));
        Assert.That(buffer, Is.All.EqualTo(0x5a));
        if (!isNext)
        {
            Assert.That(length.Value, Is.Not.Zero);
            (arguments[index - 1], arguments[index + 1]) = ((nint)0, (nint)0);
            Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument), "nowhere to put the result");
            (arguments[index], arguments[index + 1]) = ((nuint)9, length.Address);
            Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument), "no buffer, but a size");
        }
    }

    [TestCase("winnow_generation_next", 1)]
    [TestCase("winnow_generation_usage", 1)]
    [TestCase("winnow_session_usage", 1)]
    [TestCase("winnow_kernel_launch", 1)]
    public void Structure_OfAnotherSizeIsInvalid(string name, int index)
    {
        object[] arguments = Arguments(Header.Find(name));
        foreach (nuint size in new nuint[] { 0, 1, 8, 23 })
        {
            arguments[index] = new Cell<UsageFigures>(new UsageFigures { StructSize = size }).Address;
            Assert.That(Abi.CallRaw(name, arguments), Is.EqualTo(Status.InvalidArgument));
            Assert.That(Abi.LastError, Does.Contain("struct_size"));
        }
    }

    [TestCaseSource(typeof(OptionTexts), nameof(OptionTexts.GenerationKeys))]
    public void Option_OfTheWrongKindIsInvalid(string key)
    {
        foreach (string value in new[] { "{}", "\"x\"", "[{}]", "1e999" })
        {
            if (key == "logit_bias" && value == "{}")
            {
                continue;
            }

            string json = $"{{{JsonSerializer.Serialize(key)}: {value}}}";
            Assert.That(Abi.Call("winnow_generate", _samples.Live["winnow_engine"], "Once", json, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument), json);
            Assert.That(Abi.LastError, Does.Contain(key));
        }

        string twice = $"{{\"{key}\": null, \"{key}\": null}}";
        Assert.That(Abi.Call("winnow_generate", _samples.Live["winnow_engine"], "Once", twice, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
    }

    [TestCaseSource(typeof(OptionTexts), nameof(OptionTexts.EngineKeys))]
    public void EngineOption_OfTheWrongKindIsInvalid(string key)
    {
        foreach (string value in new[] { "{}", "\"x\"", "[{}]", "1e999" })
        {
            string json = $"{{{JsonSerializer.Serialize(key)}: {value}}}";
            Assert.That(Abi.Call("winnow_engine_load", Samples.Model, json, (nint)0, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument), json);
            Assert.That(Abi.LastError, Does.Contain(key));
        }
    }

    [Test]
    public void Free_TheSecondTimeIsAnError()
    {
        foreach ((string kind, ulong handle) in _samples.Freed)
        {
            Assert.That(Abi.Call(kind + "_free", handle), Is.EqualTo(Status.InvalidHandle));
            Assert.That(Abi.LastError, Does.Contain("was freed"));
        }
    }

    private static IEnumerable<TestCaseData> Cases(Func<HeaderParameter, bool> isMeant) =>
        from function in Header.Functions
        from index in Enumerable.Range(0, function.Parameters.Count)
        where isMeant(function.Parameters[index])
        select new TestCaseData(function.Name, index);

    private static bool IsHandle(string type) => type is "winnow_engine" or "winnow_tokenizer" or "winnow_session" or "winnow_generation"
        or "winnow_cancel" or "winnow_gpu" or "winnow_kernel" or "winnow_object";

    private static ulong Random(int seed) => (ulong)new Random(seed).NextInt64();

    private object[] Arguments(HeaderFunction function)
    {
        if (function.Name.StartsWith("winnow_gpu", StringComparison.Ordinal) || function.Name.StartsWith("winnow_kernel", StringComparison.Ordinal))
        {
            NvrtcSupport.Require();
        }

        return _samples.Arguments(function);
    }
}
