using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;

namespace Winnow.Native;

/// <summary>Policies of the KV cache through the C ABI do what they do in C#.</summary>
public sealed class KvPolicyTests
{
    private const string Story = "Once upon a time, Nora lived near the cave. Give Finn corn. Give Gina nuts. A soft wind moved the leaves. Rain fell all night.";
    private const string Window = "{\"name\": \"window\", \"budget\": 16}";
    private const string Sampled = "{\"seed\": 7, \"max_tokens\": 40, \"ignore_end_of_text\": true}";

    [Test]
    public void Policies_AreThoseOfTheLibrary()
    {
        using JsonDocument listed = JsonDocument.Parse(Abi.Text("winnow_kv_policies"));
        JsonElement[] policies = [.. listed.RootElement.GetProperty("policies").EnumerateArray()];
        Assert.That(policies.Select(policy => policy.GetProperty("name").GetString()), Is.EqualTo(KvPolicies.All.Select(policy => policy.Name)));
        foreach ((JsonElement policy, KvPolicyInfo info) in policies.Zip(KvPolicies.All))
        {
            Assert.That(policy.GetProperty("summary").GetString(), Is.EqualTo(info.Summary));
            Assert.That(policy.GetProperty("source").GetString(), Is.EqualTo(info.Source));
            Assert.That(policy.GetProperty("reads_sparsely").GetBoolean(), Is.EqualTo(info.ReadsSparsely));
            Assert.That(
                policy.GetProperty("options").EnumerateArray().Select(option => $"{option.GetProperty("name")}={option.GetProperty("default")}: {option.GetProperty("description")}"),
                Is.EqualTo(info.Options.Select(option => $"{option.Name}={option.Default}: {option.Description}")));
        }
    }

    [TestCase("{\"name\": \"h2o\", \"budget\": 0.5, \"options\": {\"recent\": 0.25}}", "h2o", "0.5", "recent", "0.25")]
    [TestCase("{\"name\": \"adakv+snapkv\", \"budget\": \"48\", \"options\": {\"max\": true}}", "adakv+snapkv", "48", "max", "true")]
    [TestCase("{\"name\": \"sepllm\", \"budget\": 32, \"options\": {\"ids\": [13, 46]}}", "sepllm", "32", "ids", "13/46")]
    [TestCase("{\"name\": \"window\", \"budget\": \"0.25MiB\"}", "window", "0.25MiB", null, null)]
    [TestCase("{\"name\": \"tidaldecode\", \"budget\": 16}", "tidaldecode", "16", null, null)]
    public async Task Engine_WithAPolicyGivesTheTextOfCSharp(string json, string name, string budget, string? option, string? value)
    {
        CachePolicy policy = KvPolicies.Create(name, KvBudget.Parse(budget), option is null ? null : new Dictionary<string, string> { [option] = value! });
        EngineOptions options = new() { KvPolicy = policy as KvPolicy, SparseRead = policy as SparseReadPolicy };
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(Samples.Model, options);
        List<string> expected = [];
        await foreach (GeneratedPiece piece in engine.GenerateAsync(Story, new GenerationOptions { Seed = 7, MaxTokens = 40, IgnoreEndOfText = true }))
        {
            expected.Add(piece.Text);
        }

        ulong loaded = Load($"{{\"device\": \"cpu\", \"kv_policy\": {json}}}");
        Assert.That(Abi.ReadAll(Abi.Handle("winnow_generate", loaded, Story, Sampled)), Is.EqualTo(string.Concat(expected)));
        Abi.Do("winnow_engine_free", loaded);
    }

    [Test]
    public void Session_HoldsWhatItsPolicyKeeps()
    {
        ulong engine = Load($"{{\"device\": \"cpu\", \"more_kv_policies\": [{Window}, {{\"name\": \"h2o\", \"budget\": 0.5}}]}}");
        ulong whole = Abi.Handle("winnow_session_create", engine);
        ulong session = Abi.Handle("winnow_session_create_with", engine, $"{{\"kv_policy\": {Window}}}");
        foreach (ulong each in new[] { whole, session })
        {
            Assert.That(Abi.Values<double>("winnow_session_slots", each), Is.Empty);
            Abi.Do("winnow_session_append_text", each, Story, 0UL);
        }

        KvUsageFigures all = UsageOf(whole);
        KvUsageFigures kept = UsageOf(session);
        Assert.That(all.Kept, Is.EqualTo(1));
        Assert.That(kept.Tokens, Is.EqualTo(all.Tokens).And.GreaterThan(32));
        double[] slots = Abi.Values<double>("winnow_session_slots", session);
        Assert.That(slots, Is.All.EqualTo(16));
        Assert.That(slots, Has.Length.EqualTo(kept.Layers));
        Assert.That(kept.Kept, Is.EqualTo(16.0 / kept.Tokens).Within(1e-12));
        Assert.That(kept.Bytes, Is.LessThan(all.Bytes));

        // Frozen, it keeps what is appended.
        Abi.Do("winnow_session_freeze", session);
        Abi.Do("winnow_session_append_tokens", session, new[] { 5, 6, 7 }, 0UL);
        Assert.That(Abi.Values<double>("winnow_session_slots", session), Is.All.EqualTo(19));
        Abi.Do("winnow_engine_free", engine);
        Assert.That(Abi.Call("winnow_session_usage", session, new Cell<KvUsageFigures>(new KvUsageFigures { StructSize = 48 })), Is.EqualTo(Status.Closed));
        Abi.Do("winnow_session_free", session);
        Abi.Do("winnow_session_free", whole);
    }

    [Test]
    public void Session_SavedUnderAPolicyGoesOnUnderIt()
    {
        string path = Path.GetTempFileName();
        string policy = $"{{\"kv_policy\": {Window}}}";
        ulong engine = Load($"{{\"device\": \"cpu\", \"more_kv_policies\": [{Window}]}}");
        ulong session = Abi.Handle("winnow_session_create_with", engine, policy);
        Abi.Do("winnow_session_append_text", session, Story, 0UL);
        Abi.Do("winnow_session_save", session, path);
        ulong restored = Abi.Handle("winnow_session_restore_with", engine, path, policy);
        string expected = Abi.ReadAll(Abi.Handle("winnow_session_generate", session, Sampled));
        Assert.That(Abi.ReadAll(Abi.Handle("winnow_session_generate", restored, Sampled)), Is.EqualTo(expected));
        Assert.That(Abi.Values<double>("winnow_session_slots", restored), Is.All.EqualTo(16));

        Assert.That(Abi.Call("winnow_session_generate", session, policy, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.LastError, Does.Contain("winnow_session_create_with"));
        Abi.Do("winnow_session_free", restored);
        Abi.Do("winnow_session_free", session);
        Abi.Do("winnow_engine_free", engine);
        File.Delete(path);
    }

    [Test]
    public void Generate_UnderAPolicyOfItsOwnDiffersFromNone()
    {
        ulong engine = Load($"{{\"device\": \"cpu\", \"kv_policy\": {Window}}}");
        string[] texts = [.. new[] { "null", Window, "{\"name\": \"none\"}", "{\"name\": \"window\", \"budget\": \"all\"}" }.Select(policy => Abi.ReadAll(Abi.Handle(
            "winnow_generate", engine, Story, $"{{\"seed\": 7, \"max_tokens\": 40, \"kv_policy\": {policy}}}")))];
        Assert.That(texts[1], Is.EqualTo(texts[0]));
        Assert.That(texts[2], Is.Not.EqualTo(texts[0]).And.EqualTo(texts[3]));
        Abi.Do("winnow_engine_free", engine);
    }

    [TestCase("h3o", "16", null)]
    [TestCase("h2o", "0", null)]
    [TestCase("h2o", "1.5", null)]
    [TestCase("h2o", "much", null)]
    [TestCase("streamingllm", "2", null)]
    [TestCase("h2o", "16", "sinks=1")]
    [TestCase("h2o", "16", "recent=x")]
    [TestCase("h2o", "16", "recent=7")]
    [TestCase("window+h2o", "16", null)]
    public void Policy_ThatIsNotPossibleHasTheMessageOfCSharp(string name, string budget, string? option)
    {
        string[] parts = option?.Split('=') ?? [];
        Exception expected = Assert.Catch(() =>
        {
            CachePolicy policy = KvPolicies.Create(name, KvBudget.Parse(budget), parts.Length == 0 ? null : new Dictionary<string, string> { [parts[0]] = parts[1] });
            WinnowEngine.LoadAsync(Samples.Model, new EngineOptions { KvPolicy = (KvPolicy)policy }).GetAwaiter().GetResult().Dispose();
        })!;
        string options = parts.Length == 0 ? "{}" : $"{{\"{parts[0]}\": \"{parts[1]}\"}}";
        string json = $"{{\"device\": \"cpu\", \"kv_policy\": {{\"name\": \"{name}\", \"budget\": \"{budget}\", \"options\": {options}}}}}";
        Assert.That(Abi.Call("winnow_engine_load", Samples.Model, json, (nint)0, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.LastError, Is.EqualTo(expected.Message));
    }

    [TestCase("\"kv_policy\": \"h2o\"", "The option 'kv_policy' must be a JSON object")]
    [TestCase("\"kv_policy\": {}", "needs a name")]
    [TestCase("\"kv_policy\": {\"name\": 7}", "'kv_policy.name' must be a string")]
    [TestCase("\"kv_policy\": {\"name\": \"h2o\"}", "a budget for the policy h2o")]
    [TestCase("\"kv_policy\": {\"name\": \"h2o\", \"budget\": true}", "'kv_policy.budget' must be a number or a string")]
    [TestCase("\"kv_policy\": {\"name\": \"h2o\", \"budget\": 16, \"recent\": 1}", "no option 'kv_policy.recent'. Known: name, budget, options")]
    [TestCase("\"kv_policy\": {\"name\": \"h2o\", \"budget\": 16, \"options\": 1}", "'kv_policy.options' must be an object")]
    [TestCase("\"kv_policy\": {\"name\": \"h2o\", \"budget\": 16, \"options\": {\"recent\": {}}}", "not '{}'")]
    [TestCase("\"kv_policy\": {\"name\": \"h2o\", \"budget\": 16, \"options\": {\"recent\": 1, \"recent\": 1}}", "is there twice")]
    [TestCase("\"kv_policy\": {\"name\": \"\", \"budget\": 16}", "")]
    [TestCase("\"more_kv_policies\": {}", "'more_kv_policies' must be an array of objects")]
    [TestCase("\"more_kv_policies\": [1]", "'more_kv_policies[0]' must be a JSON object")]
    [TestCase("\"more_kv_policies\": [{\"name\": \"tidaldecode\", \"budget\": 16}]", "as kv_policy to winnow_engine_load")]
    public void Policy_ThatIsWrittenWrongIsExplained(string option, string message)
    {
        Assert.That(Abi.Call("winnow_engine_load", Samples.Model, $"{{\"device\": \"cpu\", {option}}}", (nint)0, (nint)0, 0UL, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.LastError, Does.Contain(message));
    }

    [Test]
    public void Policy_ThatTheEngineWasNotLoadedForIsRefused()
    {
        ulong engine = Load("{\"device\": \"cpu\"}");
        const string Asked = "{\"kv_policy\": {\"name\": \"h2o\", \"budget\": 16}}";
        Assert.That(Abi.Call("winnow_generate", engine, Story, Asked, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.LastError, Does.Contain("MoreKvPolicies"));
        Assert.That(Abi.Call("winnow_session_create_with", engine, Asked, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        const string Sparse = "{\"kv_policy\": {\"name\": \"tidaldecode\", \"budget\": 16}}";
        Assert.That(Abi.Call("winnow_generate", engine, Story, Sparse, new Cell<ulong>()), Is.EqualTo(Status.InvalidArgument));
        Assert.That(Abi.LastError, Does.Contain("for all of its sequences"));
        Abi.Do("winnow_engine_free", engine);
    }

    private static ulong Load(string options) => Abi.Handle("winnow_engine_load", Samples.Model, options, (nint)0, (nint)0, 0UL);

    private static KvUsageFigures UsageOf(ulong session)
    {
        Cell<KvUsageFigures> usage = new(new KvUsageFigures { StructSize = 48 });
        Abi.Do("winnow_session_usage", session, usage);
        return usage.Value;
    }
}
