using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace Winnow.Benchmarking.Compilation;

/// <summary>Machine code as text, by the disassembler of a CUDA toolkit where one is found; nothing else of the harness needs it.</summary>
public static class Disassembler
{
    private static readonly (string Program, string Option)[] Programs = [("nvdisasm", "--print-code"), ("cuobjdump", "--dump-sass")];

    /// <summary>Looks for <c>nvdisasm</c> and <c>cuobjdump</c> on the path, in <c>CUDA_PATH</c> and where toolkits install themselves.</summary>
    /// <param name="folders">Where to look; null for those places.</param>
    /// <returns>Its file; null where there is none.</returns>
    public static string? Find(IReadOnlyList<string>? folders = null) =>
        (from program in Programs
         from folder in folders ?? UsualFolders()
         from name in new[] { program.Program, program.Program + ".exe" }
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault();

    /// <summary>Disassembles a cubin.</summary>
    /// <param name="cubin">The image.</param>
    /// <param name="folders">Where to look for a disassembler; null for the usual places.</param>
    /// <exception cref="WinnowException">There is no disassembler, the message says where to get one; or it fails.</exception>
    public static string Run(ReadOnlySpan<byte> cubin, IReadOnlyList<string>? folders = null)
    {
        string program = Find(folders) ?? throw new WinnowException(
            "There is no disassembler: neither nvdisasm nor cuobjdump is on the path, in CUDA_PATH/bin or in /usr/local/cuda/bin. "
            + "Both come with the CUDA toolkit; NVIDIA's packages cuda-nvdisasm and cuda-cuobjdump hold just them.");
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".cubin");
        try
        {
            File.WriteAllBytes(file, cubin);
            return Output(program, file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Output(string program, string file)
    {
        string option = Programs.First(known => Path.GetFileNameWithoutExtension(program) == known.Program).Option;
        ProcessStartInfo start = new(program, [option, file]) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
            string text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? text : throw new WinnowException($"{program} {option} failed: {errors.Result.Trim()}");
        }
        catch (Win32Exception exception)
        {
            throw new WinnowException($"{program} cannot be started: {exception.Message}", exception);
        }
    }

    private static IEnumerable<string> UsualFolders()
    {
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string? toolkit = Environment.GetEnvironmentVariable("CUDA_PATH");
        return [.. path, .. toolkit is null ? Array.Empty<string>() : [Path.Combine(toolkit, "bin")], "/usr/local/cuda/bin"];
    }
}
