using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using Winnow.Benchmarking.Compilation;

namespace Winnow.Cli.Commands;

/// <summary>The option that names the GPUs a prediction is for.</summary>
internal sealed class GpuOption
{
    private static readonly string Names = string.Join(", ", GpuSpecification.All.Select(gpu => gpu.Key));

    private readonly Option<string> _gpu = new("--gpu")
    {
        Description = $"GPUs that times are predicted for, separated by commas: {Names}, or all. Default: h200.",
        HelpName = "list",
        DefaultValueFactory = _ => "h200",
    };

    public GpuOption()
    {
        _gpu.Validators.Add(result =>
        {
            string[] keys = Keys(result.GetValueOrDefault<string>());
            if (keys.Length == 0)
            {
                result.AddError($"--gpu must be of {Names}, or all, and is empty.");
            }
            else if (Array.Find(keys, key => key != "all" && GpuSpecification.All.All(gpu => gpu.Key != key)) is { } wrong)
            {
                result.AddError($"--gpu must be of {Names}, or all, not '{wrong}'.");
            }
        });
    }

    public void AddTo(Command command) => command.Options.Add(_gpu);

    public IReadOnlyList<GpuSpecification> Get(ParseResult parsed)
    {
        string[] keys = Keys(parsed.GetValue(_gpu)!);
        return keys.Contains("all") ? GpuSpecification.All : [.. keys.Select(GpuSpecification.Find)];
    }

    private static string[] Keys(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
