using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary>The options that name a kernel: its file, its description, and what of it is changed for this run.</summary>
internal sealed class KernelOptions
{
    private readonly Argument<string?> _file = new("file")
    {
        Description = "A .cu file, or the .json file that describes how a kernel is launched.",
        HelpName = "file",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _describe = new("--describe")
    {
        Description = "The description of the launch. Default: the .json file beside the .cu file, of the same name.",
        HelpName = "file.json",
    };

    private readonly Option<string?> _kernel = new("--kernel")
    {
        Description = "The entry point. Default: the one that the description names, or the only one of the file.",
        HelpName = "name",
    };

    private readonly Option<string[]> _define = new("--define", "-D")
    {
        Description = "A macro, NAME or NAME=VALUE; takes the place of one of that name in the description. Can be given more than once.",
        HelpName = "macro",
    };

    private readonly Option<string[]> _axis = new("--axis")
    {
        Description = "Another value of an axis of the description: n=4096. Can be given more than once.",
        HelpName = "name=value",
    };

    private readonly Option<string[]> _include = new("--include", "-I")
    {
        Description = "A folder with headers that are not beside the file, for instance those of a CUDA toolkit. Can be given more than once.",
        HelpName = "folder",
    };

    public KernelOptions(bool fileIsRequired)
    {
        _file.Arity = fileIsRequired ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne;
        _file.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
            {
                result.AddError("The name of the file is empty.");
            }
        });
        _axis.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => AxisOf(token.Value) is null) is { } wrong)
            {
                result.AddError($"--axis must be a name and a whole number from 0 on, n=4096, not '{wrong.Value}'.");
            }
        });
    }

    public void AddTo(Command command, bool withLaunch)
    {
        command.Arguments.Add(_file);
        Option[] options = withLaunch ? [_describe, _kernel, _define, _axis, _include] : [_kernel, _define, _include];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The file; null where none was named.</summary>
    public string? File(ParseResult parsed) => parsed.GetValue(_file);

    /// <summary>The entry point; null where none was named.</summary>
    public string? Kernel(ParseResult parsed) => parsed.GetValue(_kernel);

    /// <summary>The macros of the command line.</summary>
    public string[] Definitions(ParseResult parsed) => parsed.GetValue(_define) ?? [];

    /// <summary>The source that was named: a file, or one of those that ship.</summary>
    public KernelSource Source(ParseResult parsed)
    {
        string file = parsed.GetValue(_file)!;
        if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return KernelDescription.Load(file, includeFolders: Includes(parsed)).Source;
        }

        return !System.IO.File.Exists(file) && ShippedKernels.Sources.Contains(file)
            ? ShippedKernels.Source(file)
            : KernelFile.Load(file, Includes(parsed));
    }

    /// <summary>Whether a launch is described: in a file that was named, or beside the source.</summary>
    public bool HasDescription(ParseResult parsed)
    {
        string file = parsed.GetValue(_file)!;
        return parsed.GetValue(_describe) is not null || System.IO.File.Exists(Path.ChangeExtension(file, ".json"));
    }

    /// <summary>Makes sure that nothing was said of a description, where there is none.</summary>
    /// <exception cref="UsageException">An axis was named.</exception>
    public void RequireNoAxes(ParseResult parsed)
    {
        if (parsed.GetValue(_axis) is { Length: > 0 })
        {
            throw new UsageException($"--axis changes an axis of a description, and {parsed.GetValue(_file)} has none beside it; --describe names one");
        }
    }

    /// <summary>Makes sure that nothing was said of a file, where none was named.</summary>
    /// <exception cref="UsageException">An option of a file was given.</exception>
    public void RequireNothingOfAFile(ParseResult parsed)
    {
        if (((Option[])[_describe, _kernel, _define, _axis, _include]).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new UsageException($"{given.Name} is about a file, and none was named");
        }
    }

    /// <summary>The description that was named, with what the command line changes of it.</summary>
    public KernelDescription Description(ParseResult parsed)
    {
        KernelDescription description = KernelDescription.Load(parsed.GetValue(_file)!, parsed.GetValue(_describe), Includes(parsed));
        return description.WithAxes((parsed.GetValue(_axis) ?? []).Select(axis => AxisOf(axis)!.Value)).WithDefinitions(Definitions(parsed)) with
        {
            Kernel = parsed.GetValue(_kernel) ?? description.Kernel,
        };
    }

    /// <summary>Folders that were named for headers.</summary>
    /// <exception cref="UsageException">One is not there.</exception>
    public static string[]? Folders(string[]? named) =>
        named?.FirstOrDefault(folder => !Directory.Exists(folder)) is { } missing ? throw new UsageException($"--include: there is no folder {missing}") : named;

    /// <summary>The folders that were named for headers.</summary>
    public string[]? Includes(ParseResult parsed) => Folders(parsed.GetValue(_include));

    private static KeyValuePair<string, long>? AxisOf(string text)
    {
        string[] parts = text.Split('=');
        return parts.Length == 2 && long.TryParse(parts[1], NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out long value)
            ? KeyValuePair.Create(parts[0].Trim(), value)
            : null;
    }
}
