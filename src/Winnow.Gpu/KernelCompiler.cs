using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <summary>
/// Compiles kernels with NVRTC and keeps the images, in memory and in a folder that processes share. Any thread may call it; different
/// kernels compile side by side, the same one once.
/// </summary>
public sealed partial class KernelCompiler
{
    private readonly ConcurrentDictionary<string, Lazy<byte[]>> _images = new(StringComparer.Ordinal);
    private readonly KernelDiskCache? _disk;
    private int _compilations;

    /// <summary>Creates a compiler that keeps images in the user's cache folder; <c>WINNOW_CACHE</c> names another one.</summary>
    public KernelCompiler()
        : this(KernelDiskCache.DefaultFolder(Environment.GetEnvironmentVariable))
    {
    }

    /// <summary>Creates a compiler.</summary>
    /// <param name="cacheFolder">Where to keep images between runs; null keeps them in memory only.</param>
    public KernelCompiler(string? cacheFolder)
    {
        _disk = cacheFolder is null ? null : new KernelDiskCache(cacheFolder);
    }

    /// <summary>How often NVRTC really ran.</summary>
    internal int Compilations => _compilations;

    /// <summary>Tells whether NVRTC is there, which one, and otherwise what to do; loads it. Does not throw.</summary>
    public static GpuProbe Probe() => NvrtcLibrary.Probe();

    /// <summary>Whether a text has the form of an architecture, <c>sm_90a</c> or <c>compute_80</c>; NVRTC may know none of this number.</summary>
    /// <param name="architecture">The text.</param>
    public static bool IsArchitecture(string architecture) => Architecture().IsMatch(architecture);

    /// <summary>Compiles a source, or takes its image from a cache.</summary>
    /// <param name="source">The source.</param>
    /// <param name="definitions">Macros, each <c>NAME</c> or <c>NAME=VALUE</c>.</param>
    /// <param name="architecture"><c>sm_80</c>, <c>sm_90a</c>, ... gives a cubin, <c>compute_80</c>, ... PTX text in UTF-8.</param>
    /// <returns>The image; it belongs to the cache and is not to be written to.</returns>
    /// <exception cref="KernelCompileException">The source does not compile.</exception>
    /// <exception cref="WinnowException">NVRTC is missing or too old.</exception>
    public byte[] Compile(KernelSource source, IReadOnlyList<string> definitions, string architecture)
    {
        ArgumentNullException.ThrowIfNull(source);
        Validate(definitions, architecture);
        GpuProbe nvrtc = NvrtcLibrary.Require();
        IReadOnlyList<KeyValuePair<string, string>> headers = source.IncludedHeaders();
        string[] options = Options(definitions, architecture);
        RequireKnown(source, options, architecture);
        RequireText(source, headers, options);
        string key = Key(source, headers, options, nvrtc.Version);
        Lazy<byte[]> image = _images.GetOrAdd(key, _ => new Lazy<byte[]>(() => FromDiskOrCompiled(key, source, headers, options)));
        try
        {
            return image.Value;
        }
        catch
        {
            _images.TryRemove(KeyValuePair.Create(key, image));
            throw;
        }
    }

    private static void Validate(IReadOnlyList<string> definitions, string architecture)
    {
        ArgumentNullException.ThrowIfNull(definitions);
        foreach (string definition in definitions)
        {
            if (!Definition().IsMatch(definition))
            {
                throw new ArgumentException($"'{definition}' is not of the form NAME or NAME=VALUE.", nameof(definitions));
            }
        }

        if (!IsArchitecture(architecture))
        {
            throw new ArgumentException($"'{architecture}' is not an architecture such as sm_80, sm_90a or compute_80.", nameof(architecture));
        }
    }

    // NVRTC itself says that the value is invalid, not which ones there are.
    private static void RequireKnown(KernelSource source, string[] options, string architecture)
    {
        IReadOnlyList<int> known = NvrtcLibrary.Capabilities;
        int number = int.Parse(architecture.AsSpan(architecture.IndexOf('_', StringComparison.Ordinal) + 1).TrimEnd("abcdefghijklmnopqrstuvwxyz"), CultureInfo.InvariantCulture);
        if (known.Count > 0 && !Enumerable.Contains(known, number))
        {
            throw new KernelCompileException(source.Name, options, $"NVRTC compiles for {string.Join(", ", known)} and not for {number}: name another architecture, for instance sm_80.");
        }
    }

    // To the compiler a zero byte is the end: what comes after it would be left out without a word.
    private static void RequireText(KernelSource source, IReadOnlyList<KeyValuePair<string, string>> headers, string[] options)
    {
        foreach ((string name, string text) in headers.Prepend(KeyValuePair.Create(source.Name, source.Text)))
        {
            int zero = text.IndexOf('\0', StringComparison.Ordinal);
            if (zero >= 0)
            {
                int line = text.AsSpan(0, zero).Count('\n') + 1;
                throw new KernelCompileException(source.Name, options, $"{name}({line}): error: a zero byte, where a source is text; save it as UTF-8.");
            }
        }
    }

    private static string[] Options(IReadOnlyList<string> definitions, string architecture)
    {
        List<string> options =
        [
            $"--gpu-architecture={architecture}",
            "--std=c++17",
            "--generate-line-info",
            "--device-as-default-execution-space",
        ];
        foreach (string definition in definitions)
        {
            options.Add($"--define-macro={definition}");
        }

        return [.. options];
    }

    private static string Key(KernelSource source, IReadOnlyList<KeyValuePair<string, string>> headers, string[] options, int nvrtcVersion)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(nvrtcVersion.ToString(CultureInfo.InvariantCulture));
        Append(CudaLibrary.Version.ToString(CultureInfo.InvariantCulture));
        Append(source.Name);
        Append(source.Text);
        foreach ((string name, string text) in headers)
        {
            Append(name);
            Append(text);
        }

        foreach (string option in options)
        {
            Append(option);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        // Lengths keep "ab" + "c" apart from "a" + "bc".
        void Append(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
    }

    private byte[] FromDiskOrCompiled(string key, KernelSource source, IReadOnlyList<KeyValuePair<string, string>> headers, string[] options)
    {
        if (_disk?.Read(key) is { } kept)
        {
            return kept;
        }

        Interlocked.Increment(ref _compilations);
        using NvrtcProgram program = new(source, headers);
        byte[] image = program.Compile(options);
        _disk?.Write(key, image);
        return image;
    }

    [GeneratedRegex(@"^[A-Za-z_]\w*(?:=[^\r\n]*)?$")]
    private static partial Regex Definition();

    [GeneratedRegex(@"^(?:sm|compute)_\d{2,3}[af]?$")]
    private static partial Regex Architecture();
}
