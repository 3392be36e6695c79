using System;
using System.CommandLine;
using System.IO;

namespace Winnow.Cli.Commands;

/// <summary>Which model a command works with; without it the one that ships with the program.</summary>
internal sealed class ModelOption
{
    private readonly Option<string?> _path = new("--model", "-m")
    {
        Description = "A folder with config.json and safetensors, or a .gguf file. Default: the tales model that ships with winnow.",
        HelpName = "path",
    };

    public static string BundledPath { get; } = Path.Combine(AppContext.BaseDirectory, "Assets", "tales-1m");

    public void AddTo(Command command) => command.Options.Add(_path);

    public bool IsBundled(ParseResult parsed) => parsed.GetValue(_path) is null;

    public string PathOf(ParseResult parsed) => parsed.GetValue(_path) switch
    {
        null => BundledPath,
        "" => throw new UsageException("--model is empty; it names a folder with config.json and safetensors, or a .gguf file."),
        { } path => path,
    };
}
