using System.CommandLine;
using Winnow.Cli.Terminal;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow inspect</c>: what a model is made of, without loading its weights.</summary>
internal sealed class InspectCommand
{
    private readonly CliHost _host;
    private readonly ModelOption _model = new();
    private readonly Argument<string?> _path = new("path")
    {
        Description = "The same as --model.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private InspectCommand(CliHost host) => _host = host;

    public static Command Create(CliHost host)
    {
        InspectCommand self = new(host);
        Command command = new("inspect", "Show a model, its tensors, their types, and the memory it takes.") { self._path };
        self._model.AddTo(command);
        command.SetAction(self.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        if (parsed.GetValue(_path) is not null && !_model.IsBundled(parsed))
        {
            throw new UsageException("give the model once: as an argument or with --model.");
        }

        using ModelFiles model = ModelFiles.Open(parsed.GetValue(_path) ?? _model.PathOf(parsed));
        ModelSummary summary = ModelSummary.Of(model);
        if (parsed.GetValue(CommonOptions.Json))
        {
            WriteJson(model, summary);
        }
        else
        {
            WriteTables(model, summary);
        }

        return ExitCodes.Success;
    }

    private void WriteTables(ModelFiles model, ModelSummary summary)
    {
        TextTable facts = new("what", "value");
        foreach ((string name, string value) in summary.Facts())
        {
            facts.Add(name, value);
        }

        facts.Write(_host);
        _host.Output.WriteLine();

        TextTable tensors = new("tensor", "type", "shape", "#size");
        foreach (TensorInfo tensor in model.Tensors.Tensors)
        {
            tensors.Add(tensor.Name, tensor.TypeName, string.Join(" x ", tensor.Shape), Quantities.Bytes(tensor.Bytes));
        }

        tensors.Write(_host);
    }

    private void WriteJson(ModelFiles model, ModelSummary summary) => JsonLine.Write(_host.Output, json =>
    {
        summary.Write(json);
        json.WriteStartArray("tensors");
        foreach (TensorInfo tensor in model.Tensors.Tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("type", tensor.TypeName);
            json.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape)
            {
                json.WriteNumberValue(dimension);
            }

            json.WriteEndArray();
            json.WriteNumber("bytes", tensor.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
