using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text.Json;

namespace Winnow.Peers;

/// <summary>A process that measures on command.</summary>
internal sealed class Participant : IDisposable
{
    private readonly Process _process;

    public Participant(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        _process = Process.Start(start) ?? throw new IOException($"{program} did not start.");
        ReadAnswer();
    }

    public Measurement Measure(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        using JsonDocument answer = ReadAnswer();
        JsonElement root = answer.RootElement;
        int tokens = root.GetProperty("tokens").GetInt32();
        return new Measurement(
            tokens / root.GetProperty("milliseconds").GetDouble() * 1000,
            tokens / root.GetProperty("cpuMilliseconds").GetDouble() * 1000,
            root.GetProperty("peakBytes").GetInt64());
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private JsonDocument ReadAnswer() =>
        JsonDocument.Parse(_process.StandardOutput.ReadLine() ?? throw new IOException($"{_process.StartInfo.FileName} ended early."));
}
