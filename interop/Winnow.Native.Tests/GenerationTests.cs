using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Formats.Tokenizers;

namespace Winnow.Native;

/// <summary>Engines, sessions and generations through the C ABI do what they do in C#.</summary>
[FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class GenerationTests
{
    private const string Prompt = "Once upon a time";
    private const string Sampled = "{\"seed\": 7, \"max_tokens\": 40}";
    private const string Endless = "{\"seed\": 7, \"ignore_end_of_text\": true}";

    private ulong _engine;

    [OneTimeSetUp]
    public void Load() => _engine = Abi.Handle("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\", \"max_sequences\": 8}", (nint)0, (nint)0, 0UL);

    [OneTimeTearDown]
    public void Free() => Abi.Do("winnow_engine_free", _engine);

    [Test]
    public async Task Generate_GivesTheTextOfCSharp()
    {
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(Samples.Model);
        StringBuilder expected = new();
        await foreach (GeneratedPiece piece in engine.GenerateAsync(Prompt, new GenerationOptions { Seed = 7, MaxTokens = 40 }))
        {
            expected.Append(piece.Text);
        }

        Assert.That(Abi.ReadAll(Abi.Handle("winnow_generate", _engine, Prompt, Sampled)), Is.EqualTo(expected.ToString()));
    }

    [Test]
    public void Next_InASmallBufferKeepsThePiece()
    {
        string expected = Abi.ReadAll(Abi.Handle("winnow_generate", _engine, Prompt, Sampled));
        ulong generation = Abi.Handle("winnow_generate", _engine, Prompt, Sampled);
        Cell<Piece> piece = new(new Piece { StructSize = 32 });
        StringBuilder text = new();
        for (Status status = Status.Ok; status != Status.End;)
        {
            status = Abi.Call("winnow_generation_next", generation, piece, (nint)0, (nuint)0);
            if (status != Status.End)
            {
                Assert.That(status, Is.EqualTo(Status.BufferTooSmall));
                byte[] buffer = GC.AllocateArray<byte>((int)piece.Value.TextLength + 1, pinned: true);
                Abi.Do("winnow_generation_next", generation, piece, Abi.Address(buffer), (nuint)buffer.Length);
                text.Append(Encoding.UTF8.GetString(buffer, 0, buffer.Length - 1));
            }
        }

        Assert.That(text.ToString(), Is.EqualTo(expected));
        Abi.Do("winnow_generation_free", generation);
    }

    [TestCase("winnow_generation_cancel")]
    [TestCase("winnow_generation_free")]
    public async Task Next_EndsWhereAnotherThreadEndsIt(string how)
    {
        ulong generation = Abi.Handle("winnow_generate", _engine, Prompt, Endless);
        Assert.That(Abi.Next(generation, out _, out _), Is.EqualTo(Status.Ok));
        Task<Status> reader = Task.Run(() =>
        {
            Status status;
            while ((status = Abi.Next(generation, out _, out _)) == Status.Ok)
            {
            }

            return status;
        });
        Abi.Do(how, generation);
        Assert.That(await reader, Is.AnyOf(Status.Cancelled, Status.InvalidHandle));
        Abi.Call("winnow_generation_free", generation);
        AssertIdle();
    }

    [Test]
    public void Session_ForkRollbackSaveAndRestoreContinueTheSame()
    {
        ulong session = Abi.Handle("winnow_session_create", _engine);
        Abi.Do("winnow_session_append_text", session, Prompt, 0UL);
        int[] tokens = Abi.Values<int>("winnow_session_tokens", session);
        ulong fork = Abi.Handle("winnow_session_fork", session);
        string path = Path.GetTempFileName();
        Abi.Do("winnow_session_save", session, path);
        ulong restored = Abi.Handle("winnow_session_restore", _engine, path);
        ulong other = Abi.Handle("winnow_session_create", _engine);
        Abi.Do("winnow_session_append_tokens", other, tokens, 0UL);
        Abi.Do("winnow_session_append_tokens", other, new[] { 5, 6, 7 }, 0UL);
        Abi.Do("winnow_session_rollback", other, (nuint)3);

        string[] texts = [.. new[] { session, fork, restored, other }.Select(each => Abi.ReadAll(Abi.Handle("winnow_session_generate", each, Sampled)))];
        Assert.That(texts, Is.All.EqualTo(texts[0]).And.All.Not.Empty);
        Assert.That(Abi.Call("winnow_session_rollback", other, (nuint)4096), Is.EqualTo(Status.InvalidArgument));
        foreach (ulong each in new[] { session, fork, restored, other })
        {
            Abi.Do("winnow_session_free", each);
        }

        File.Delete(path);
        AssertIdle();
    }

    [Test]
    public void Session_ThatIsBusyOrEmptySaysSo()
    {
        ulong session = Abi.Handle("winnow_session_create", _engine);
        Assert.That(Abi.Call("winnow_session_generate", session, Sampled, new Cell<ulong>()), Is.EqualTo(Status.InvalidState));
        Assert.That(Abi.LastError, Does.Contain("append a text first"));
        Abi.Do("winnow_session_append_text", session, Prompt, 0UL);
        ulong generation = Abi.Handle("winnow_session_generate", session, Endless);
        Assert.That(Abi.Next(generation, out _, out _), Is.EqualTo(Status.Ok));
        Assert.That(Abi.Call("winnow_session_rollback", session, (nuint)1), Is.EqualTo(Status.InvalidState));
        Abi.Do("winnow_session_free", session);
        Status status;
        while ((status = Abi.Next(generation, out _, out _)) == Status.Ok)
        {
        }

        Assert.That(status, Is.EqualTo(Status.Closed));
        Abi.Do("winnow_generation_free", generation);
    }

    [Test]
    public void Cancel_EndsWhatWaits()
    {
        ulong cancel = Abi.Handle("winnow_cancel_create");
        Abi.Do("winnow_cancel_request", cancel);
        ulong session = Abi.Handle("winnow_session_create", _engine);
        Assert.That(Abi.Call("winnow_session_append_text", session, Prompt, cancel), Is.EqualTo(Status.Cancelled));
        Assert.That(Abi.Call("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\"}", (nint)0, (nint)0, cancel, new Cell<ulong>()), Is.EqualTo(Status.Cancelled));
        Assert.That(Abi.Values<int>("winnow_session_tokens", session), Is.Empty);
        Abi.Do("winnow_session_free", session);
        Abi.Do("winnow_cancel_free", cancel);
    }

    [Test]
    public void Load_WithoutAModelHasTheMessageOfCSharp()
    {
        string path = Path.Combine(Path.GetTempPath(), "winnow-there-is-none-\u00e4\u4e2d");
        ModelNotFoundException expected = Assert.ThrowsAsync<ModelNotFoundException>(() => WinnowEngine.LoadAsync(path));
        Assert.That(Abi.Call("winnow_engine_load", path, null, (nint)0, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.NotFound));
        Assert.That(Abi.LastError, Is.EqualTo(expected.Message));
        Assert.That(Abi.Call("winnow_engine_load", Samples.Model, "{\"device\": \"abacus\"}", (nint)0, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.LastError, Does.Contain("simulator"));
        Assert.That(Abi.Call("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\", \"threads\": 0}", (nint)0, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.Call("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\", \"max_sequences\": -1}", (nint)0, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
    }

    [TestCase("config.json", "{\"architectures\": [\"RotaryPhoneForCausalLM\"]}")]
    [TestCase("config.json", "{")]
    [TestCase("tokenizer.json", "{\"model\": {\"type\": \"Abacus\"}}")]
    [TestCase("model.safetensors", "")]
    [TestCase("model.safetensors", "\uffff\uffff\uffff\uffff")]
    public void Load_OfADamagedModelHasTheMessageOfCSharp(string file, string content)
    {
        string folder = Directory.CreateTempSubdirectory("winnow-abi-").FullName;
        foreach (string path in Directory.EnumerateFiles(Samples.Model))
        {
            File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        }

        Assert.That(Path.Combine(folder, file), Does.Exist);
        File.WriteAllText(Path.Combine(folder, file), content);
        Exception expected = Assert.CatchAsync(() => WinnowEngine.LoadAsync(folder))!;
        Assert.That(Abi.Call("winnow_engine_load", folder, null, (nint)0, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.BadModel), Abi.LastError);
        Assert.That(Abi.LastError, Is.EqualTo(expected.Message));
        Directory.Delete(folder, recursive: true);
    }

    [TestCase("{\"temperature\": -1}")]
    [TestCase("{\"max_tokens\": -1}")]
    [TestCase("{\"top_p\": 2}")]
    [TestCase("{\"stop_strings\": [\"\"]}")]
    [TestCase("{\"stop_tokens\": [100000]}")]
    [TestCase("{\"log_probabilities\": 4096}")]
    public async Task Generate_WithAnImpossibleOptionHasTheMessageOfCSharp(string json)
    {
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(Samples.Model);
        Exception expected = Assert.Catch(() => engine.GenerateAsync(Prompt, OptionTexts.Generation(json)))!;
        Assert.That(Abi.Call("winnow_generate", _engine, Prompt, json, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.LastError, Is.EqualTo(expected.Message));
    }

    [Test]
    public async Task Embed_GivesTheVectorsOfCSharp()
    {
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(Samples.Model);
        float[][] expected = await engine.EmbedAsync(["Once", "upon a time"]);
        byte[][] texts = [Samples.Pinned("Once"), Samples.Pinned("upon a time")];
        nint[] addresses = GC.AllocateArray<nint>(2, pinned: true);
        (addresses[0], addresses[1]) = (Abi.Address(texts[0]), Abi.Address(texts[1]));
        float[] vectors = Abi.Values<float>("winnow_embed", _engine, Abi.Address(addresses), (nint)0, (nuint)2, "{\"pooling\": \"mean\"}", 0UL);

        // The published library has vectors of another width, so sums are in another order; docs/abi.md promises no equal bits. A vector has
        // length 1 and comes out of sums over 128 values.
        float tolerance = Abi.IsPublished ? 128 * (float.BitIncrement(1) - 1) : 0;
        Assert.That(vectors, Is.EqualTo(expected.SelectMany(vector => vector)).Within(tolerance));
    }

    [Test]
    public void GenerateChat_WithoutATemplateSaysSo()
    {
        Assert.That(Abi.Call("winnow_generate_chat", _engine, "[{\"role\": \"user\", \"content\": \"Hello\"}]", null, new Cell<ulong>()), Is.EqualTo(Status.Failed));
        Assert.That(Abi.LastError, Does.Contain("chat template"));
        Assert.That(Abi.Call("winnow_generate_chat", _engine, "{}", null, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
    }

    [Test]
    public void Tokenizer_GoesThereAndBack()
    {
        ulong tokenizer = Abi.Handle("winnow_tokenizer_load", Samples.Model);
        int[] tokens = Abi.Values<int>("winnow_tokenizer_encode", tokenizer, Prompt, 0, 0);
        Assert.That(Abi.Text("winnow_tokenizer_decode", tokenizer, tokens, 1), Is.EqualTo(Prompt));
        Assert.That(Abi.Call("winnow_tokenizer_decode", tokenizer, new[] { -1 }, 1, (nint)0, (nuint)0, new Cell<nuint>()), Is.EqualTo(Status.InvalidArgument));
        Abi.Do("winnow_tokenizer_free", tokenizer);
        Assert.That(Abi.ReadAll(Abi.Handle("winnow_generate_tokens", _engine, tokens, Sampled)), Is.Not.Empty);
    }

    [TestCase("NFC")]
    [TestCase("NFKC")]
    public void Tokenizer_ThatNormalizesEncodesAsInCSharp(string form)
    {
        // The published library has no ICU, with which the runtime would normalize.
        string path = Path.Combine(Directory.CreateTempSubdirectory("winnow-abi-").FullName, "tokenizer.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(Samples.Model, "tokenizer.json")))!;
        json["normalizer"] = new JsonObject { ["type"] = form };
        File.WriteAllText(path, json.ToJsonString());
        Tokenizer expected = Tokenizer.Load(path);
        ulong tokenizer = Abi.Handle("winnow_tokenizer_load", path);
        foreach (string text in new[] { "e\u0301", "\u00E9", "\uFB01\u2460", "\u1112\u1161\u11AB", "q\u0307\u0323 and a plain word" })
        {
            Assert.That(Abi.Values<int>("winnow_tokenizer_encode", tokenizer, text, 0, 0), Is.EqualTo(expected.Encode(text, false, false)), text);
        }

        Assert.That(Abi.Values<int>("winnow_tokenizer_encode", tokenizer, "e\u0301", 0, 0), Is.EqualTo(Abi.Values<int>("winnow_tokenizer_encode", tokenizer, "\u00E9", 0, 0)));
        Abi.Do("winnow_tokenizer_free", tokenizer);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Test]
    public void Generate_ListsLogProbabilitiesAndStops()
    {
        ulong generation = Abi.Handle("winnow_generate", _engine, Prompt, "{\"temperature\": 0, \"log_probabilities\": 3, \"max_tokens\": 2}");
        Assert.That(Abi.Next(generation, out Piece piece, out _), Is.EqualTo(Status.Ok));
        TokenProbability[] top = Abi.Values<TokenProbability>("winnow_generation_log_probabilities", generation);
        Assert.That((top.Length, top[0].Token, piece.LogProbabilities), Is.EqualTo((3, piece.Token, 3)));
        Assert.That(top[0].LogProbability, Is.EqualTo(piece.LogProbability));
        Assert.That(Abi.Next(generation, out piece, out _), Is.EqualTo(Status.Ok));
        Assert.That(piece.FinishReason, Is.EqualTo(3));
        Assert.That(Abi.Next(generation, out _, out _), Is.EqualTo(Status.End));
        Abi.Do("winnow_generation_free", generation);
    }

    [Test]
    public void Engine_FreedWhileItGeneratesClosesWhatItHas()
    {
        ulong engine = Abi.Handle("winnow_engine_load", Samples.Model, "{\"device\": \"cpu\"}", (nint)0, (nint)0, 0UL);
        ulong session = Abi.Handle("winnow_session_create", engine);
        ulong generation = Abi.Handle("winnow_generate", engine, Prompt, Endless);
        Assert.That(Abi.Next(generation, out _, out _), Is.EqualTo(Status.Ok));
        Abi.Do("winnow_engine_free", engine);
        Status status;
        while ((status = Abi.Next(generation, out _, out _)) == Status.Ok)
        {
        }

        Assert.That(status, Is.EqualTo(Status.Closed));
        Assert.That(Abi.Call("winnow_session_append_text", session, Prompt, 0UL), Is.EqualTo(Status.Closed));
        Abi.Do("winnow_generation_free", generation);
        Abi.Do("winnow_session_free", session);
    }

    private void AssertIdle()
    {
        string statistics = "";
        Assert.That(SpinWait.SpinUntil(() => (statistics = Abi.Text("winnow_engine_statistics", _engine)).Contains("\"running_requests\":0", StringComparison.Ordinal), 10_000), statistics);
    }
}
