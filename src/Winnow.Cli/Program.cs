using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using Winnow.Cli;
using Winnow.Cli.Terminal;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

using CancellationTokenSource cancellation = new();
int signals = 0;
void OnSignal(PosixSignalContext context)
{
    // The first asks for a clean end; whoever presses twice wants out now.
    if (Interlocked.Increment(ref signals) > 1)
    {
        Environment.Exit(ExitCodes.Cancelled);
    }

    context.Cancel = true;
    cancellation.Cancel();
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
using StreamWriter output = new(Console.OpenStandardOutput(), utf8) { AutoFlush = true, NewLine = "\n" };
using StreamWriter error = new(Console.OpenStandardError(), utf8) { AutoFlush = true, NewLine = "\n" };
using StreamReader input = new(Console.OpenStandardInput(), utf8);

// What libraries go on without, clusters of a GPU for instance, is no error and no result.
Trace.Listeners.Clear();
Trace.Listeners.Add(new TextWriterTraceListener(error));
CliHost host = new(input, output, error)
{
    OutputIsTerminal = !Console.IsOutputRedirected,
    ErrorIsTerminal = !Console.IsErrorRedirected,
    InputIsTerminal = !Console.IsInputRedirected,
};
return await CliApplication.RunAsync(args, host, cancellation.Token).ConfigureAwait(false);
