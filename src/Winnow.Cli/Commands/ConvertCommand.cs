using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Terminal;
using Winnow.Conversion;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow convert</c>: safetensors to GGUF and back, with another type of weights where asked.</summary>
internal sealed class ConvertCommand
{
    private static readonly Dictionary<string, TensorType> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["f32"] = TensorType.F32,
        ["f16"] = TensorType.F16,
        ["bf16"] = TensorType.BF16,
        ["q8_0"] = TensorType.Q8_0,
        ["q4_0"] = TensorType.Q4_0,
    };

    private readonly CliHost _host;
    private readonly Argument<string> _source = new("source") { Description = "A folder with config.json and safetensors, or a .gguf file." };
    private readonly Argument<string> _destination = new("destination") { Description = "A file that ends in .gguf, or a folder for safetensors." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace what is there." };

    private readonly Option<string?> _type = new("--type")
    {
        Description = $"The type of the matrices: {string.Join(", ", Types.Keys)}. Default: as they are.",
        HelpName = "type",
    };

    private ConvertCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        ConvertCommand self = new(host);
        self._type.AcceptOnlyFromAmong([.. Types.Keys]);
        Command command = new("convert", "Write a model in the other format, or with another type of weights.")
        {
            self._source, self._destination, self._type, self._force,
        };
        command.SetAction(self.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string destination = parsed.GetValue(_destination)!;
        TensorType? type = parsed.GetValue(_type) is { } name ? Types[name] : null;
        bool occupied = File.Exists(destination) || (Directory.Exists(destination) && Directory.EnumerateFileSystemEntries(destination).Any());
        if (occupied && !parsed.GetValue(_force))
        {
            throw new WinnowException($"{destination}: is there already; give another name, or --force to replace it.");
        }

        using ModelFiles model = ModelFiles.Open(parsed.GetValue(_source)!);
        await Task.Run(() => ModelConverter.Convert(model, destination, type, cancellationToken), cancellationToken).ConfigureAwait(false);
        Report(model, destination, parsed.GetValue(CommonOptions.Json));
        return ExitCodes.Success;
    }

    private void Report(ModelFiles source, string destination, bool asJson)
    {
        using ModelFiles result = ModelFiles.Open(destination);
        long before = source.Tensors.Tensors.Sum(tensor => tensor.Bytes);
        long after = result.Tensors.Tensors.Sum(tensor => tensor.Bytes);
        string types = string.Join(", ", result.Tensors.Tensors.Select(tensor => tensor.TypeName).Distinct());
        if (asJson)
        {
            JsonLine.Write(_host.Output, json =>
            {
                json.WriteString("destination", destination);
                json.WriteNumber("tensors", result.Tensors.Tensors.Count);
                json.WriteString("types", types);
                json.WriteNumber("bytes_before", before);
                json.WriteNumber("bytes_after", after);
            });
        }
        else
        {
            _host.Output.WriteLine(
                $"{destination}: {result.Tensors.Tensors.Count} tensors, {types}, {Quantities.Bytes(before)} -> {Quantities.Bytes(after)}");
        }
    }
}
