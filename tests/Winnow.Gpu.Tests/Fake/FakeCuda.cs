using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Gpu.Native;
using Winnow.TestSupport;

namespace Winnow.Gpu;

/// <summary>
/// Puts a driver library of C source in the place of CUDA's, so that the bindings are tested where there is no GPU. A process has one driver
/// library: where there is a GPU it stays the real one, unless <c>WINNOW_CUDA</c> names another.
/// </summary>
[SetUpFixture]
internal sealed unsafe class FakeCuda
{
    private static string _problem = "the set-up did not run";
    private static nint _library;
    private static GpuProbe _system = new() { Problem = "nobody has asked the system's driver" };
    private TemporaryFolder? _folder;

    /// <summary>Whether the tests of this process run against the fake.</summary>
    public static bool IsInPlace => _problem.Length == 0;

    /// <summary>What the driver was asked to do, a line each.</summary>
    public static string[] Log => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("fake_log"))())!
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Memory, modules, streams, events and graphs that were not given back.</summary>
    public static int LiveObjects => ((delegate* unmanaged<int>)Export("fake_live_objects"))();

    /// <summary>How often the primary context is retained.</summary>
    public static int LiveContexts => ((delegate* unmanaged<int>)Export("fake_live_contexts"))();

    /// <summary>Device memory in use.</summary>
    public static long UsedBytes => ((delegate* unmanaged<long>)Export("fake_used_bytes"))();

    /// <summary>The calling thread's context.</summary>
    public static nint Current => ((delegate* unmanaged<nint>)Export("fake_current"))();

    /// <summary>Skips the test, or fails it on a build machine, unless the fake is in place; then gives it its first state.</summary>
    public static void Require()
    {
        if (IsInPlace)
        {
            ((delegate* unmanaged<void>)Export("fake_reset"))();
            return;
        }

        if (NvrtcSupport.IsBuildMachine && OperatingSystem.IsLinux() && !_system.IsUsable)
        {
            Assert.Fail(_problem);
        }

        Assert.Ignore(_problem);
    }

    /// <summary>Sets what the fake has: devices, version, capability, event_ready.</summary>
    public static void Set(string key, int value)
    {
        using Utf8Strings text = new([key]);
        ((delegate* unmanaged<byte*, int, void>)Export("fake_set"))(text.Pointer[0], value);
    }

    /// <summary>Lets a call return a status after it succeeded some times.</summary>
    public static void Fail(string call, CudaResult status, int afterSuccesses = 0)
    {
        using Utf8Strings text = new([call]);
        ((delegate* unmanaged<byte*, int, int, void>)Export("fake_fail"))(text.Pointer[0], (int)status, afterSuccesses);
    }

    /// <summary>Compiles the fake.</summary>
    /// <param name="library">The file to make.</param>
    /// <param name="options">Options beside the usual ones.</param>
    /// <returns>Empty, or why there is none.</returns>
    public static string Compile(string library, params string[] options)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Fake");
        IEnumerable<string> sources = Directory.GetFiles(folder, "*.c");
        foreach (string compiler in new[] { "cc", "gcc", "clang" })
        {
            ProcessStartInfo start = new(compiler, [.. options, "-std=gnu11", "-shared", "-fPIC", "-o", library, .. sources]) { RedirectStandardError = true };
            try
            {
                using Process process = Process.Start(start)!;
                string said = process.StandardError.ReadToEnd();
                process.WaitForExit();
                return process.ExitCode == 0 ? "" : $"{compiler} does not compile the fake driver: {said}";
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // The next name may be on the path.
            }
        }

        return "there is no C compiler (cc, gcc or clang) to make the fake driver with";
    }

    [OneTimeSetUp]
    public void PutInPlace()
    {
        if (!OperatingSystem.IsLinux())
        {
            _problem = "the fake driver is made on Linux only";
            return;
        }

        _system = AskSystem();
        string? given = Environment.GetEnvironmentVariable(CudaLibrary.Variable);
        if (given is null && _system.IsUsable)
        {
            _problem = $"this process drives a real GPU ({_system.Path})";
            return;
        }

        _folder = new TemporaryFolder();
        string library = given ?? _folder["libcuda.so.1"];
        _problem = given is null ? Compile(library) : "";
        if (_problem.Length == 0)
        {
            Environment.SetEnvironmentVariable(CudaLibrary.Variable, library);
            _library = NativeLibrary.Load(library);
            _problem = NativeLibrary.TryGetExport(_library, "fake_log", out _) ? "" : $"{library} is not the fake driver";
        }

        if (IsInPlace)
        {
            RequiresGpuAttribute.Probe = () => _system.IsUsable ? new GpuProbe { Problem = $"This process drives {library}, which is no GPU." } : _system;
        }
    }

    [OneTimeTearDown]
    public void RemoveFolder() => _folder?.Dispose();

    private static nint Export(string name) => NativeLibrary.GetExport(_library, name);

    /// <summary>Asks the system's driver directly, because the bindings can be bound only once.</summary>
    private static GpuProbe AskSystem()
    {
        NativeSearch search = CudaLibrary.Search(_ => null);
        if (search.Handle == 0)
        {
            return CudaLibrary.NotFound(search);
        }

        int count = 0;
        var status = (CudaResult)((delegate* unmanaged<uint, int>)NativeLibrary.GetExport(search.Handle, "cuInit"))(0);
        if (status == CudaResult.Success)
        {
            status = (CudaResult)((delegate* unmanaged<int*, int>)NativeLibrary.GetExport(search.Handle, "cuDeviceGetCount"))(&count);
        }

        return new GpuProbe { Path = search.Path, Problem = count > 0 ? "" : $"The CUDA driver ({search.Path}) sees no GPU (status {(int)status})." };
    }
}
