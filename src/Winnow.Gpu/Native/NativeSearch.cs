using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <summary>Looks for a native library in one place after another and remembers what each of them said.</summary>
internal sealed class NativeSearch
{
    private readonly List<string> _tried = [];

    /// <summary>The loaded library; 0 until one was found.</summary>
    public nint Handle { get; private set; }

    /// <summary>The loaded library's file; a bare name where the system does not tell.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Where the library was sought, and what was there.</summary>
    public string Tried => string.Join("; ", _tried);

    /// <summary>Notes a place that could not be asked.</summary>
    public void Note(string place, string finding) => _tried.Add($"{place}: {finding}");

    /// <summary>Loads a file.</summary>
    public bool TryFile(string path)
    {
        if (!File.Exists(path))
        {
            Note(path, "there is no such file");
            return false;
        }

        return TryLoad(path, path);
    }

    /// <summary>Loads the newest library in a folder whose name fits a pattern.</summary>
    /// <param name="place">What the folder is called in messages.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="pattern">A file name with <c>*</c>.</param>
    /// <param name="deep">Whether folders below count too.</param>
    /// <param name="before">Called with a candidate's folder before the candidate is loaded.</param>
    public bool TryFolder(string place, string folder, string pattern, bool deep = false, Action<string>? before = null)
    {
        string[] files = Files(folder, pattern, deep);
        if (files.Length == 0)
        {
            Note(place, Directory.Exists(folder) ? $"no {pattern}" : "there is no such folder");
        }

        foreach (string file in files)
        {
            before?.Invoke(System.IO.Path.GetDirectoryName(file)!);
            if (TryLoad(file, file))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Loads what the system's loader knows under a name.</summary>
    public bool TryName(string name) => TryLoad(name, name) && Locate(name);

    /// <summary>The files of a folder that fit a pattern, those with the highest version numbers first.</summary>
    public static string[] Files(string folder, string pattern, bool deep = false)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        EnumerationOptions options = new() { RecurseSubdirectories = deep, MaxRecursionDepth = 8, IgnoreInaccessible = true };
        return [.. Directory.EnumerateFiles(folder, pattern, options)
            .OrderByDescending(file => Version(System.IO.Path.GetFileName(file)))
            .ThenBy(file => file, StringComparer.Ordinal)];
    }

    /// <summary>The first four numbers in a name as one that sorts: libnvrtc.so.12.4.127, nvrtc64_130_0.dll.</summary>
    private static long Version(string name)
    {
        long version = 0;
        int found = 0;
        for (int start = 0; start < name.Length && found < 4; start++)
        {
            int end = start;
            while (end < name.Length && char.IsAsciiDigit(name[end]))
            {
                end++;
            }

            if (end > start)
            {
                version = (version * 10_000) + (int.TryParse(name.AsSpan(start, end - start), CultureInfo.InvariantCulture, out int number) ? number % 10_000 : 0);
                found++;
                start = end;
            }
        }

        return version * (long)Math.Pow(10_000, 4 - found);
    }

    private bool TryLoad(string name, string place)
    {
        try
        {
            Handle = NativeLibrary.Load(name);
            Path = name;
            return true;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            Note(place, Reason(exception.Message));
            return false;
        }
    }

    /// <summary>The loader's own words, without the advice that .NET puts before them.</summary>
    private static string Reason(string message)
    {
        string[] lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string reason = lines.Length > 1 ? string.Join(", ", lines.Skip(1).Distinct(StringComparer.Ordinal)) : message;
        return reason.Contains("No such file", StringComparison.Ordinal) && !reason.Contains('/')
            ? "not known to the system's loader"
            : reason.TrimEnd('.');
    }

    private bool Locate(string name)
    {
        try
        {
            using Process process = Process.GetCurrentProcess();
            string stem = name.Split('.')[0];
            Path = process.Modules.Cast<ProcessModule>().Select(module => module.FileName)
                .FirstOrDefault(file => System.IO.Path.GetFileName(file).StartsWith(stem + ".", StringComparison.OrdinalIgnoreCase)) ?? name;
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception or NotSupportedException)
        {
            Path = name;
        }

        return true;
    }
}
