using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache.Policies;

namespace Winnow.Cli.Commands;

public sealed class PoliciesCommandTests
{
    [Test]
    public async Task Policies_ListsEveryOneWithItsOptions()
    {
        CliRun text = await CliRun.OfAsync("policies");
        CliRun json = await CliRun.OfAsync("policies", "--json");

        Assert.That(json.Json.Select(line => line.GetProperty("policy").GetString()), Is.EqualTo(KvPolicies.All.Select(policy => policy.Name)));
        string[] table = [.. text.OutputLines.TakeWhile(line => !line.StartsWith("option ", StringComparison.Ordinal))];
        foreach (KvPolicyInfo policy in KvPolicies.All)
        {
            string line = table.Single(line => line.StartsWith(policy.Name + " ", StringComparison.Ordinal));
            Assert.That(line, Does.Contain(policy.Summary).And.Contain(policy.Source));
            Assert.That(policy.Options.Select(option => $"{option.Name}={option.Default}"), Is.All.Matches<string>(line.Contains));
        }

        JsonElement window = json.Json.Single(line => line.GetProperty("policy").GetString() == "snapkv").GetProperty("options")[0];
        Assert.That((window.GetProperty("name").GetString(), window.GetProperty("default").GetString()), Is.EqualTo(("window", "32")));
    }
}
