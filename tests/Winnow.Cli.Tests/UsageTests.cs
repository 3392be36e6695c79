using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Cli;

/// <summary>A wrong command line is told apart from a command that fails: exit code 2, and where help is.</summary>
public sealed class UsageTests
{
    [TestCase("generate", "--temperature", "hot")]
    [TestCase("generate", "--temperature", "-1")]
    [TestCase("generate", "--top-p", "1.5")]
    [TestCase("generate", "--max-tokens", "many")]
    [TestCase("generate", "--threads", "0")]
    [TestCase("generate", "--seed", "-1")]
    [TestCase("generate", "--logit-bias", "7:1")]
    [TestCase("generate", "--no-such-option")]
    [TestCase("generate", "--raw", "--json")]
    [TestCase("generate", "--model", "somewhere")]
    [TestCase("generate", "stray words")]
    [TestCase("generate", "--model", "", "--prompt", "x")]
    [TestCase("generate", "--log-probabilities", "2")]
    [TestCase("perplexity", "--window", "1")]
    [TestCase("perplexity", ".")]
    [TestCase("eval", "perplexity", "--text", ".")]
    [TestCase("embed", "--pooling", "7", "text")]
    [TestCase("tokenize", "--decode", "1 two 3")]
    [TestCase("tokenize", "--decode", "640")]
    [TestCase("embed", "--pooling", "median", "text")]
    [TestCase("convert", "only-one-path")]
    [TestCase("convert", "a", "b.gguf", "--type", "q9_9")]
    [TestCase("eval")]
    [TestCase("eval", "recall", "--limit", "0")]
    [TestCase("eval", "recall", "--budget", "-1")]
    [TestCase("eval", "perplexity")]
    [TestCase("eval", "perplexity", "--text", "-", "--chunk", "0")]
    [TestCase("bench")]
    [TestCase("bench", "engine", "--new-tokens", "1")]
    [TestCase("policies", "window")]
    [TestCase("kernels")]
    [TestCase("kernels", "compile")]
    [TestCase("kernels", "compile", "x.cu", "--threads", "0")]
    [TestCase("kernels", "compile", "x.cu", "--threads", "99999999999")]
    [TestCase("kernels", "compile", "x.cu", "--arch", "sm_80,sm_12x")]
    [TestCase("kernels", "compile", "x.cu", "--axis", "n")]
    [TestCase("kernels", "compile", "x.cu", "--axis", "n=-1")]
    [TestCase("kernels", "compile", "")]
    [TestCase("kernels", "compile", "x.cu", "--include", "no-such-folder")]
    [TestCase("kernels", "profile", "x.cu", "--seed", "first")]
    [TestCase("kernels", "profile")]
    [TestCase("kernels", "profile", "x.cu", "--filter", "norm")]
    [TestCase("kernels", "profile", "--filter", "no-such-case")]
    [TestCase("kernels", "list", "x.cu", "y.cu")]
    [TestCase("kernels", "profile", "x.cu", "--gpu", "h200,nothing")]
    [TestCase("kernels", "check", "x.cu", "--device", "cpu")]
    [TestCase("kernels", "bench", "x.cu", "--samples", "29")]
    [TestCase("kernels", "bench", "x.cu", "--samples", "many")]
    [TestCase("kernels", "bench", "x.cu", "--samples", "99999999999")]
    [TestCase("kernels", "bench", "x.cu", "--method", "cold")]
    [TestCase("kernels", "bench", "--against", "x")]
    [TestCase("kernels", "bench", "x.cu", "--filter", "norm")]
    [TestCase("kernels", "bench", "--kernel", "x")]
    [TestCase("kernels", "bench", "--filter", "norm", "--axis", "n=3")]
    [TestCase("kernels", "bench", "x.cu", "--gpu", "")]
    [TestCase("kernels", "profile", "--filter", "norm/rms", "--define", "N=3")]
    [TestCase("kernels", "list", "--kernel", "x")]
    [TestCase("kernels", "compile", "x.cu", "--arch", "compute_80")]
    [TestCase("kernels", "profile", "x.cu", "--simulate", "sm_90a")]
    [TestCase("kernels", "trace")]
    [TestCase("kernels", "trace", ".", "--samples", "29")]
    [TestCase("kernels", "trace", ".", "--samples", "many")]
    [TestCase("kernels", "trace", ".", "--time-limit", "0")]
    [TestCase("kernels", "trace", ".", "--time-limit", "long")]
    [TestCase("kernels", "trace", ".", "--limit", "0")]
    [TestCase("kernels", "trace", ".", "--limit", "99999999999")]
    [TestCase("kernels", "trace", ".", "--seed", "first")]
    [TestCase("kernels", "trace", ".", "--gpu", "nothing")]
    [TestCase("nonsense")]
    [TestCase("--nonsense")]
    public async Task Run_WithWrongArgumentsEndsWithTwo(params string[] args)
    {
        CliRun run = await CliRun.OfAsync(args);

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.StartWith("winnow: ").And.Not.Contain("   at ").And.Not.Contain("Nullable").And.Not.Contain("System."));
        Assert.That(run.Output, Is.Empty);
    }

    [TestCase("'sm_12x'", "kernels", "compile", "x.cu", "--arch", "sm_80,sm_12x")]
    [TestCase("--samples must be at least 30, not 'many'", "kernels", "bench", "x.cu", "--samples", "many")]
    [TestCase("a whole number from 0 on, n=4096, not 'n=-1'", "kernels", "compile", "x.cu", "--axis", "n=-1")]
    public async Task Run_WithWrongArgumentsOfKernelsNamesThemAsTheyWereWritten(string says, params string[] args)
    {
        CliRun run = await CliRun.OfAsync(args);

        Assert.That(run.Error, Does.Contain(says));
    }

    [TestCase("--max-tokens must be at most 2147483647, not '99999999999'", "generate", "--max-tokens", "99999999999")]
    [TestCase("--seed must be at most 18446744073709551615, not '18446744073709551616'", "generate", "--seed", "18446744073709551616")]
    [TestCase("--pooling must be mean, last or cls, not 'median'", "embed", "--pooling", "median", "text")]
    [TestCase("--model is empty", "tokenize", "--model", "", "text")]
    [TestCase(". is a folder", "perplexity", ".")]
    [TestCase("of 1024 tokens", "generate", "--context", "2000")]
    [TestCase("2 to 1024 tokens", "perplexity", "--window", "2000", "-")]
    public async Task Run_WithWrongArgumentsSaysWhatIsPossible(string says, params string[] args)
    {
        CliRun run = await CliRun.OfAsync(args);

        Assert.That(run.Error, Does.Contain(says));
    }

    [TestCase("list")]
    [TestCase("compile", "x.cu")]
    [TestCase("check", "x.cu")]
    [TestCase("profile", "x.cu")]
    [TestCase("bench", "x.cu")]
    [TestCase("trace", "x")]
    public async Task Run_OfKernelsThatIsInterruptedEndsAtOnceAsCancelled(params string[] args)
    {
        CliRun run = await CliRun.InterruptedAsync(["kernels", .. args]);

        Assert.That((run.Code, run.Error), Is.EqualTo((ExitCodes.Cancelled, "winnow: cancelled\n")));
    }

    [Test]
    public async Task Run_WithUnknownCommandNamesIt()
    {
        CliRun run = await CliRun.OfAsync("nonsense");

        Assert.That(run.Error, Does.Contain("'nonsense'").And.Contain("winnow --help"));
    }

    [Test]
    public async Task Run_WithAWrongOptionOfACommandInACommandSaysWhereHelpIs()
    {
        CliRun run = await CliRun.OfAsync("eval", "recall", "--nonsense");

        Assert.That(run.Error, Does.Contain("'--nonsense'").And.Contain("'winnow eval recall --help'"));
    }

    [Test]
    public async Task Run_WithoutArgumentsShowsHelpAndEndsWithTwo()
    {
        CliRun run = await CliRun.OfAsync();

        Assert.That(run.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(run.Error, Does.Contain("generate").And.Contain("devices"));
        Assert.That(run.Output, Is.Empty);
    }

    [TestCase("--help")]
    [TestCase("generate", "--help")]
    [TestCase("chat", "--help")]
    [TestCase("tokenize", "--help")]
    [TestCase("embed", "--help")]
    [TestCase("inspect", "--help")]
    [TestCase("perplexity", "--help")]
    [TestCase("convert", "--help")]
    [TestCase("devices", "--help")]
    [TestCase("eval", "--help")]
    [TestCase("eval", "recall", "--help")]
    [TestCase("eval", "perplexity", "--help")]
    [TestCase("policies", "--help")]
    [TestCase("kernels", "--help")]
    [TestCase("kernels", "list", "--help")]
    [TestCase("kernels", "compile", "--help")]
    [TestCase("kernels", "check", "--help")]
    [TestCase("kernels", "profile", "--help")]
    [TestCase("kernels", "bench", "--help")]
    [TestCase("kernels", "trace", "--help")]
    public async Task Run_WithHelpShowsItAndEndsWithZero(params string[] args)
    {
        CliRun run = await CliRun.OfAsync(args);

        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Output, Does.Contain("Usage:").And.Contain("winnow").And.Contain("--json"));
    }
}
