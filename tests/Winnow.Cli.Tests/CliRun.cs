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

    /// <summary>Ctrl-C came before the command began its work.</summary>
    public static Task<CliRun> InterruptedAsync(params string[] args) => RunAsync("", args, new CancellationToken(canceled: true));

    public static Task<CliRun> WithInputAsync(string input, params string[] args) => RunAsync(input, args, CancellationToken.None);

    private static async Task<CliRun> RunAsync(string input, string[] args, CancellationToken cancellationToken)
    {
        using StringWriter output = new() { NewLine = "\n" };
        using StringWriter error = new() { NewLine = "\n" };
        CliHost host = new(new StringReader(input), output, error);
        int code = await CliApplication.RunAsync(args, host, cancellationToken);
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
