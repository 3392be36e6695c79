using System.CommandLine;
using System.Linq;
using System.Text.Json;
using Winnow.Cache.Policies;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow policies</c>: the KV-cache policies by name.</summary>
internal static class PoliciesCommand
{
    public static Command Create(CliHost host)
    {
        Command command = new("policies", "List the KV-cache policies: what each keeps, where it is from, its options and their defaults.");
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(CommonOptions.Json))
            {
                WriteJson(host);
            }
            else
            {
                WriteText(host);
            }

            return ExitCodes.Success;
        });
        return command;
    }

    private static void WriteText(CliHost host)
    {
        TextTable table = new("policy", "what it does", "source", "options");
        foreach (KvPolicyInfo policy in KvPolicies.All)
        {
            table.Add(policy.Name, policy.Summary, policy.Source, string.Join(' ', policy.Options.Select(option => $"{option.Name}={option.Default}")));
        }

        table.Write(host);
        host.Output.WriteLine();
        TextTable options = new("option", "of", "default", "what it means");
        foreach (KvPolicyInfo policy in KvPolicies.All)
        {
            foreach (KvPolicyOption option in policy.Options)
            {
                options.Add(option.Name, policy.Name, option.Default, option.Description);
            }
        }

        options.Write(host);
    }

    private static void WriteJson(CliHost host)
    {
        foreach (KvPolicyInfo policy in KvPolicies.All)
        {
            JsonLine.Write(host.Output, json =>
            {
                json.WriteString("policy", policy.Name);
                json.WriteString("summary", policy.Summary);
                json.WriteString("source", policy.Source);
                json.WriteBoolean("reads_sparsely", policy.ReadsSparsely);
                json.WriteStartArray("options");
                foreach (KvPolicyOption option in policy.Options)
                {
                    WriteOption(json, option);
                }

                json.WriteEndArray();
            });
        }
    }

    private static void WriteOption(Utf8JsonWriter json, KvPolicyOption option)
    {
        json.WriteStartObject();
        json.WriteString("name", option.Name);
        json.WriteString("default", option.Default);
        json.WriteString("description", option.Description);
        json.WriteEndObject();
    }
}
