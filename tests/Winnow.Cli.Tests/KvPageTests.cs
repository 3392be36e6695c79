using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.TestSupport;

namespace Winnow.Cli;

/// <summary>docs/kv.md shows what is there.</summary>
public sealed class KvPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(SharedFiles.RepositoryRoot, "docs/kv.md")).ReplaceLineEndings("\n");

    [Test]
    public void Table_HasARowForEveryPolicyWithItsSource()
    {
        (string Name, string Line)[] rows =
        [
            .. Regex.Matches(Page, @"^\| `([a-z0-9-]+)` \|.*$", RegexOptions.Multiline).Where(match => KvPolicies.All.Any(policy => policy.Name == match.Groups[1].Value))
                .Select(match => (match.Groups[1].Value, match.Value)),
        ];

        Assert.That(rows.Select(row => row.Name), Is.EquivalentTo(KvPolicies.All.Select(policy => policy.Name)), "see the recipe in CONTRIBUTING.md");
        foreach (KvPolicyInfo policy in KvPolicies.All)
        {
            string number = Regex.Match(policy.Source, @"\d{4}\.\d{5}").Value;
            Assert.That(rows.Single(row => row.Name == policy.Name).Line, Does.Contain(number), policy.Name);
        }
    }

    [Test]
    public void Budgets_OfTheTableAreRead()
    {
        string[] budgets = [.. Regex.Matches(Page, @"^\| `([^`]+)` \| `KvBudget\.", RegexOptions.Multiline).Select(match => match.Groups[1].Value)];

        Assert.That(budgets, Has.Length.EqualTo(4));
        Assert.That(budgets.Select(KvBudget.Parse), Is.EqualTo(new[] { KvBudget.Slots(256), KvBudget.Ratio(0.25), KvBudget.Bytes(64 << 20), KvBudget.Everything }));
    }

    [Test]
    public async Task Commands_KnowTheOptionsThatThePageNames()
    {
        string[][] commands =
        [
            .. Regex.Matches(Page, @"^winnow (.+)$", RegexOptions.Multiline).Select(match => match.Groups[1].Value.Split(' ')),
        ];

        Assert.That(commands, Has.Length.GreaterThan(3));
        foreach (string[] command in commands)
        {
            string[] name = [.. command.TakeWhile(word => !word.StartsWith('-'))];
            CliRun help = await CliRun.OfAsync([.. name, "--help"]);
            Assert.That(help.Code, Is.Zero, string.Join(' ', command));
            Assert.That(command.Where(word => word.StartsWith("--", System.StringComparison.Ordinal)), Is.All.Matches<string>(help.Output.Contains));
        }
    }
}
