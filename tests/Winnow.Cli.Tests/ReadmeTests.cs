using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cli.Commands;
using Winnow.TestSupport;

namespace Winnow.Cli;

/// <summary>README.md shows what is there.</summary>
[NonParallelizable]
public sealed class ReadmeTests
{
    private static readonly string Readme = Read("README.md");

    [Test]
    public void Example_IsTheOneThatCompiles()
    {
        string[] source = Read("tests/Winnow.Cli.Tests/ReadmeExample.cs").Split('\n');
        IEnumerable<string> body = source
            .SkipWhile(line => !line.Contains("README begins", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => !line.Contains("README ends", StringComparison.Ordinal))
            .Select(line => line.Length > 8 ? line[8..] : "");

        Assert.That(Block("csharp"), Is.EqualTo(string.Join('\n', body).Trim()));
    }

    [Test]
    public async Task Example_Runs()
    {
        TextWriter before = Console.Out;
        using StringWriter written = new();
        Console.SetOut(written);
        try
        {
            await ReadmeExample.RunAsync(ModelOption.BundledPath);
        }
        finally
        {
            Console.SetOut(before);
        }

        Assert.That(written.ToString(), Has.Length.GreaterThan(50));
    }

    [Test]
    public void Commands_AreTheTwoOfTheBuildScripts()
    {
        Assert.That(Block(""), Is.EqualTo("./build.sh run\n./build.sh test"));
        foreach (string script in new[] { "build.sh", "build.ps1" })
        {
            Assert.That(Read(script), Does.Contain("  run [args] ").And.Contain("  test [name] "));
        }
    }

    [Test]
    public async Task Commands_OfTheTableAreThoseOfTheHelp()
    {
        CliRun help = await CliRun.OfAsync("--help");
        IEnumerable<string> listed = help.Output.Split("Commands:")[1].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => Regex.IsMatch(line, "^  [a-z]")).Select(line => line.Trim().Split(' ')[0]);
        IEnumerable<string> shown = Regex.Matches(Readme, @"^\| `([a-z]+)` \|", RegexOptions.Multiline).Select(match => match.Groups[1].Value);

        Assert.That(shown, Is.EquivalentTo(listed));
    }

    [Test]
    public async Task Tale_IsTheOneThatIsTold()
    {
        CliRun run = await CliRun.OfAsync("generate", "--raw");
        string shown = Readme[Readme.IndexOf("Once upon a time, ", StringComparison.Ordinal)..];

        // The page breaks the lines.
        Assert.That(shown[..Math.Min(200, shown.Length)].Replace('\n', ' '), Is.EqualTo(run.Output[..200]), "paste the output of ./build.sh run into README.md again");
    }

    [Test]
    public async Task Kernel_DoesWhatThePageShows()
    {
        NvrtcSupport.Require();
        using TemporaryFolder folder = new();
        await File.WriteAllTextAsync(folder["saxpy.cu"], Block("cuda"));
        await File.WriteAllTextAsync(folder["saxpy.json"], Block("json"));

        CliRun check = await CliRun.OfAsync("kernels", "check", folder["saxpy.cu"], "--device", "simulator");
        CliRun profile = await CliRun.OfAsync("kernels", "profile", folder["saxpy.cu"]);
        await File.WriteAllTextAsync(folder["saxpy.cu"], Block("cuda").Replace("i < n", "i <= n", StringComparison.Ordinal));
        CliRun finding = await CliRun.OfAsync("kernels", "profile", folder["saxpy.cu"], "--axis", "n=1000");

        Assert.That(Readme, Does.Contain(check.Output));
        Assert.That(Readme, Does.Contain(profile.Output[profile.Output.IndexOf("  critical path", StringComparison.Ordinal)..].Split("  operations")[0]));
        Assert.That(Readme, Does.Contain(profile.Output.Split("\n\n")[1].Split("\npredicted ")[0]));
        Assert.That(Readme, Does.Contain(finding.Output));
    }

    [Test]
    public void Links_LeadSomewhere()
    {
        IEnumerable<string> missing = new[] { "README.md", "CONTRIBUTING.md" }
            .SelectMany(name => Regex.Matches(Read(name), @"\]\(([^)#:]+)\)").Select(match => match.Groups[1].Value))
            .Where(link => !File.Exists(Path.Combine(SharedFiles.RepositoryRoot, link)));

        Assert.That(missing, Is.Empty);
    }

    private static string Block(string language) =>
        Regex.Match(Readme, $"^```{language}\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value.Trim();

    private static string Read(string name) => File.ReadAllText(Path.Combine(SharedFiles.RepositoryRoot, name)).ReplaceLineEndings("\n");
}
