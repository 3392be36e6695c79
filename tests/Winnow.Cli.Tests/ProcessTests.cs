using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Winnow.Cli;

/// <summary>The program as a process: exit codes, redirected streams, signals.</summary>
public sealed class ProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Test]
    public async Task Process_WritesTheTextAndOnlyThatToARedirectedOutput()
    {
        using Process process = Start("generate", "--max-tokens", "10");
        string output = await process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.Zero);
        Assert.That(output, Does.StartWith("Once upon a time").And.EndWith("\n"));
        Assert.That(error, Does.Contain("10 generated"));
        Assert.That((output + error).Contains('\u001b'), Is.False, "no terminal sequences");
    }

    [TestCase(ExitCodes.Usage, "generate", "--temperature", "hot")]
    [TestCase(ExitCodes.Failure, "inspect", "no/such/model")]
    public async Task Process_TellsWhatKindOfErrorItWas(int expected, params string[] args)
    {
        using Process process = Start(args);
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.EqualTo(expected));
        Assert.That(error, Does.StartWith("winnow: "));
    }

    [TestCase(2)]
    [TestCase(15)]
    public async Task Process_InterruptedWhileItWaitsForInputEndsAsCancelled(int signal)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no way to send Ctrl-C to one process only");
        }

        if (IsIgnored(signal))
        {
            Assert.Ignore("the shell that started the tests lets them ignore Ctrl-C, as it does with programs in the background, and so does what they start");
        }

        using TemporaryFolder folder = new();
        string model = folder.CopyOfBundledModel("chatty");
        await File.WriteAllTextAsync(Path.Combine(model, "chat_template.jinja"), "{{ messages[0].content }}");
        using Process process = Start("chat", "--model", model, "--max-tokens", "1", "--json");
        await process.StandardInput.WriteLineAsync("Hello");
        await process.StandardInput.FlushAsync();
        Assert.That(await process.StandardOutput.ReadLineAsync(), Does.Contain("token"), "it has answered and waits for the next line");
        using Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        using System.Threading.CancellationTokenSource limit = new(Patience);
        await process.WaitForExitAsync(limit.Token);

        Assert.That(process.ExitCode, Is.EqualTo(ExitCodes.Cancelled));
        Assert.That(await process.StandardError.ReadToEndAsync(), Does.Contain("cancelled"));
    }

    // What a process ignores when it starts its children ignore, too: Linux says which signals those are, one bit each.
    private static bool IsIgnored(int signal)
    {
        const string Field = "SigIgn:";
        string? line = File.Exists("/proc/self/status") ? File.ReadLines("/proc/self/status").FirstOrDefault(text => text.StartsWith(Field, StringComparison.Ordinal)) : null;
        return line is not null && (ulong.Parse(line[Field.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (signal - 1) & 1) != 0;
    }

    private static Process Start(params string[] args)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "Winnow.Cli.dll"), .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
