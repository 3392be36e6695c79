using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.TestSupport;

namespace Winnow.Cli.Commands;

public sealed class BenchEngineCommandTests
{
    private const string Config = """
        {"model_type": "qwen3", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
         "intermediate_size": 96, "vocab_size": 300, "max_position_embeddings": 256}
        """;

    private static readonly string[] Short = ["--prompt-tokens", "24", "--new-tokens", "6", "--rounds", "2", "--threads", "1"];

    [Test]
    public async Task Engine_TimesTheModelThatShips()
    {
        CliRun run = await CliRun.OfAsync(["bench", "engine", .. Short, "--json"]);

        JsonElement result = run.Json.Single();
        Assert.That(result.GetProperty("prompt_tokens").GetInt32(), Is.EqualTo(24));
        Assert.That(result.GetProperty("decode_tokens_per_second").GetDouble(), Is.Positive);
        Assert.That(result.GetProperty("inter_token_ms").GetProperty("p99").GetDouble(), Is.Positive);
        Assert.That(result.GetProperty("fixed_work_ms").GetProperty("p99").GetDouble(), Is.Positive);
        Assert.That(result.GetProperty("copy_bytes_per_second").GetDouble(), Is.Positive);
        Assert.That(result.GetProperty("kv_policy").GetString(), Is.EqualTo("none"));
        Assert.That(result.GetProperty("start_ms").GetDouble(), Is.Positive);
        Assert.That(result.GetProperty("weights_ms").GetDouble(), Is.Positive);
        Assert.That(result.GetProperty("loaded_kernels").GetInt32(), Is.Zero, "a processor has none");
    }

    [Test]
    public async Task Engine_OnTheSimulatorCountsTheKernelsOfItsStart()
    {
        NvrtcSupport.Require();

        CliRun run = await CliRun.OfAsync(["bench", "engine", "--device", "simulator:unchecked", .. Short, "--json"]);

        Assert.That(run.Json.Single().GetProperty("loaded_kernels").GetInt32(), Is.GreaterThan(5));
    }

    [Test]
    public async Task Engine_OfMoreTokensThanANumberHoldsSaysThatTheyDoNotFit()
    {
        CliRun run = await CliRun.OfAsync("bench", "engine", "--prompt-tokens", "2000000000", "--new-tokens", "2000000000");

        Assert.That((run.Code, run.Output), Is.EqualTo((ExitCodes.Failure, "")));
        Assert.That(run.Error, Does.Contain("tokens do not fit the context of ").And.Contain("fewer prompt or new tokens"));
    }

    [Test]
    public async Task Engine_OfAShapeUnderAPolicySaysWhatItIs()
    {
        using TemporaryFolder folder = new();
        string path = folder["config.json"];
        await File.WriteAllTextAsync(path, Config);

        CliRun run = await CliRun.OfAsync(["bench", "engine", "--shape", path, "--type", "q8_0", .. Short, "--batch", "2", "--kv-policy", "h2o", "--kv-budget", "8"]);

        Assert.That(run.Error, Is.Empty);
        Assert.That(run.Output, Does.Contain("random Q8_0").And.Contains("KV policy h2o 8").And.Contains("2 at a time"));
        Assert.That(run.OutputLines.Select(line => line.Split("  ")[0]), Is.SupersetOf(new[] { "prefill", "decode", "time to first token", "between tokens", "fixed work, no engine", "evicting" }));
    }

    [Test]
    public async Task Engine_WithRandomWeightsNeedsOnlyTheConfiguration()
    {
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder["config.json"], Config);

        CliRun run = await CliRun.OfAsync(["bench", "engine", "--model", folder.Root, "--random-weights", .. Short, "--json"]);

        Assert.That(run.Json.Single().GetProperty("model").GetString(), Does.EndWith("random BF16"));
    }

    [TestCase("there is no shape 'gpt-9'", "--shape", "gpt-9")]
    [TestCase("exclude each other", "--shape", "qwen3-0.6b", "--model", "somewhere")]
    [TestCase("--shape or --random-weights", "--type", "q8_0")]
    [TestCase("random weights cannot be 'q9'", "--shape", "qwen3-0.6b", "--type", "q9")]
    [TestCase("--kv-policy h2o needs --kv-budget", "--kv-policy", "h2o")]
    public async Task Engine_WithWhatCannotBeSaysWhatCan(string expected, params string[] arguments)
    {
        CliRun run = await CliRun.OfAsync(["bench", "engine", .. arguments]);

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.Contain(expected));
    }

    [Test]
    public async Task Engine_LongerThanTheContextFails()
    {
        CliRun run = await CliRun.OfAsync("bench", "engine", "--prompt-tokens", "100000");

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(run.Error, Does.Contain("100128 tokens do not fit"));
    }
}
