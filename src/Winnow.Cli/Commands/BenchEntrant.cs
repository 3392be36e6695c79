using System.Text.Json;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Cli.Commands;

/// <summary>A kernel that is timed.</summary>
/// <param name="Description">The kernel.</param>
/// <param name="From">What tells it apart from the other one where both may have one name: the file as it was named; empty where nothing has to.</param>
internal sealed record BenchEntrant(KernelDescription Description, string From = "")
{
    /// <summary>What it is called beside the other one.</summary>
    public string Call(string kernel) => From.Length == 0 ? kernel : $"{kernel} ({From})";

    /// <summary>Writes where it is from, where that tells it apart.</summary>
    public void Write(Utf8JsonWriter json, string field)
    {
        if (From.Length > 0)
        {
            json.WriteString(field, From);
        }
    }
}
