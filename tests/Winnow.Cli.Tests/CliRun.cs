using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Terminal;

namespace Winnow.Cli;

/// <summary>One run of the command line inside the test process.</summary>
internal sealed record CliRun(int Code, string Output, string Error)
{
    public string[] OutputLines => Output.Split('\n', System.StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The output as JSON objects, one a line.</summary>
    public JsonElement[] Json => [.. OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];

    public static Task<CliRun> OfAsync(params string[] args) => WithInputAsync("", args);

    public static async Task<CliRun> WithInputAsync(string input, params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" };
        using StringWriter error = new() { NewLine = "\n" };
        CliHost host = new(new StringReader(input), output, error);
        int code = await CliApplication.RunAsync(args, host, CancellationToken.None);
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
