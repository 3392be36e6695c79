using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <summary>Finds and loads NVRTC, once for the process.</summary>
internal static unsafe class NvrtcLibrary
{
    /// <summary>The environment variable that names the library's file, or its folder, and rules out every other place.</summary>
    public const string Variable = "WINNOW_NVRTC";

    /// <summary>The oldest version that the bindings fit.</summary>
    public const int MinimumVersion = 11020;

    private const string Remedy =
        "Install the CUDA toolkit 11.2 or newer, or only its NVRTC (Debian and Ubuntu: the package libnvrtc12 or newer), or set "
        + Variable + " to the path of the library.";

    private static readonly Lazy<GpuProbe> Found = new(() => Load(Environment.GetEnvironmentVariable, AppContext.BaseDirectory));

    private static readonly Lazy<int[]> Known = new(ReadCapabilities);

    /// <summary>The compute capabilities, times ten and ascending, that it compiles for; none where there is no NVRTC.</summary>
    public static IReadOnlyList<int> Capabilities => Known.Value;

    /// <summary>What was found; loads the library at the first call.</summary>
    public static GpuProbe Probe() => Found.Value;

    /// <summary>Loads the library.</summary>
    /// <exception cref="WinnowException">It was not found, or it is too old.</exception>
    public static GpuProbe Require()
    {
        GpuProbe probe = Probe();
        return probe.IsUsable ? probe : throw new WinnowException(probe.Problem);
    }

    /// <summary>Looks in every place in turn, without binding what is found.</summary>
    public static NativeSearch Search(Func<string, string?> environment, string applicationFolder)
    {
        NativeSearch search = new();
        string? given = environment(Variable);
        if (!string.IsNullOrEmpty(given))
        {
            _ = Directory.Exists(given) ? InFolder(search, Variable, given) : AtFile(search, given);
            return search;
        }

        search.Note(Variable, "not set");
        _ = InFolder(search, applicationFolder, applicationFolder)
            || InToolkit(search, environment("CUDA_PATH"))
            || ByName(search)
            || InRepository(search, applicationFolder);
        return search;
    }

    private static GpuProbe Load(Func<string, string?> environment, string applicationFolder)
    {
        NativeSearch search = Search(environment, applicationFolder);
        if (search.Handle == 0)
        {
            return new GpuProbe { Problem = $"NVRTC, the library that compiles CUDA kernels, was not found.\nSought: {search.Tried}.\n{Remedy}" };
        }

        NativeLibraries.BindNvrtc(search.Handle);
        int major, minor;
        Nvrtc.nvrtcVersion(&major, &minor).Check();
        int version = (major * 1000) + (minor * 10);
        return new GpuProbe
        {
            Path = search.Path,
            Version = version,
            Problem = version < MinimumVersion ? $"NVRTC {major}.{minor} ({search.Path}) is too old.\n{Remedy}" : "",
        };
    }

    private static int[] ReadCapabilities()
    {
        if (!Probe().IsUsable)
        {
            return [];
        }

        int count;
        Nvrtc.nvrtcGetNumSupportedArchs(&count).Check();
        int[] capabilities = new int[count];
        fixed (int* pointer = capabilities)
        {
            Nvrtc.nvrtcGetSupportedArchs(pointer).Check();
        }

        Array.Sort(capabilities);
        return capabilities;
    }

    private static string Pattern => OperatingSystem.IsWindows() ? "nvrtc64_*0.dll" : "libnvrtc.so*";

    private static bool AtFile(NativeSearch search, string path)
    {
        LoadBuiltins(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return search.TryFile(path);
    }

    private static bool InFolder(NativeSearch search, string place, string folder, bool deep = false) =>
        search.TryFolder(place, folder, Pattern, deep, LoadBuiltins);

    private static bool InToolkit(NativeSearch search, string? toolkit)
    {
        if (string.IsNullOrEmpty(toolkit))
        {
            search.Note("CUDA_PATH", "not set");
            return false;
        }

        string[] folders = OperatingSystem.IsWindows() ? ["bin", Path.Combine("bin", "x64")] : ["lib64", "lib"];
        foreach (string folder in folders)
        {
            string path = Path.Combine(toolkit, folder);
            if (InFolder(search, $"CUDA_PATH ({path})", path))
            {
                return true;
            }
        }

        return false;
    }

    private static bool ByName(NativeSearch search)
    {
        string[] names = OperatingSystem.IsWindows()
            ? ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
            : ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"];
        return Array.Exists(names, search.TryName);
    }

    /// <summary>The copy that <c>build.sh test</c> unpacks for a checkout.</summary>
    private static bool InRepository(NativeSearch search, string applicationFolder)
    {
        string below = Path.Combine("artifacts", "nvrtc");
        for (DirectoryInfo? folder = new(applicationFolder); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, below);
            if (Directory.Exists(path))
            {
                return InFolder(search, path, path, deep: true);
            }
        }

        search.Note($"{below} above the application", "there is no such folder");
        return false;
    }

    /// <summary>NVRTC opens its builtins by bare name and finds them outside the loader's folders only where they are loaded already.</summary>
    private static void LoadBuiltins(string folder)
    {
        string pattern = OperatingSystem.IsWindows() ? "nvrtc-builtins64_*.dll" : "libnvrtc-builtins.so*";
        foreach (string file in NativeSearch.Files(folder, pattern))
        {
            NativeLibrary.TryLoad(file, out _);
        }
    }
}
