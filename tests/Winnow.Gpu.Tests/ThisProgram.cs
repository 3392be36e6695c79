using System;
using System.Diagnostics;
using System.IO;

namespace Winnow.Gpu;

/// <summary>The test program once more, in a process of its own.</summary>
internal static class ThisProgram
{
    /// <summary>Starts it for one test.</summary>
    /// <param name="test">The method.</param>
    /// <param name="variable">What to add to the environment.</param>
    public static Process Start(string test, (string Name, string Value) variable)
    {
        string program = Environment.ProcessPath!;
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Winnow.Gpu.Tests.dll"));
        }

        start.ArgumentList.Add("--filter");
        start.ArgumentList.Add($"FullyQualifiedName~{test}");
        start.Environment[variable.Name] = variable.Value;
        return Process.Start(start)!;
    }
}
