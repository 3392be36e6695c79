using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace Winnow.Gpu;

/// <summary>
/// Images in a folder, one file each. Processes may share it: a file appears whole or not at all. Each file begins with a checksum, so a
/// damaged one counts as absent. A folder that cannot be used is no error: then nothing is kept. What nobody read for 90 days goes when
/// something new comes.
/// </summary>
/// <param name="folder">The folder; it is created when first written to.</param>
internal sealed class KernelDiskCache(string folder)
{
    /// <summary>The environment variable that names the cache folder.</summary>
    public const string Variable = "WINNOW_CACHE";

    private static readonly TimeSpan Unread = TimeSpan.FromDays(90);
    private bool _isSwept;

    /// <summary>The folder for compiled kernels of the user: <c>WINNOW_CACHE</c>, or what the system has for caches.</summary>
    /// <returns>Null where there is none.</returns>
    public static string? DefaultFolder(Func<string, string?> environment)
    {
        if (environment(Variable) is { Length: > 0 } given)
        {
            return Path.Combine(given, "kernels");
        }

        string root = environment("XDG_CACHE_HOME") is { Length: > 0 } caches && !OperatingSystem.IsWindows() ? caches : SystemFolder(environment);
        return Path.IsPathFullyQualified(root) ? Path.Combine(root, "winnow", "kernels") : null;
    }

    /// <summary>The image of a key; null where the cache has none that is whole.</summary>
    public byte[]? Read(string key)
    {
        try
        {
            string path = PathOf(key);
            byte[] file = File.ReadAllBytes(path);
            Touch(path);
            return file.Length > SHA256.HashSizeInBytes && file.AsSpan(0, SHA256.HashSizeInBytes).SequenceEqual(Checksum(key, file.AsSpan(SHA256.HashSizeInBytes)))
                ? file[SHA256.HashSizeInBytes..]
                : null;
        }
        catch (Exception exception) when (IsHarmless(exception))
        {
            return null;
        }
    }

    /// <summary>Keeps an image; replaces a damaged one.</summary>
    public void Write(string key, ReadOnlySpan<byte> image)
    {
        string temporary = $"{PathOf(key)}.{Guid.NewGuid():N}";
        try
        {
            CreateFolder();
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(Checksum(key, image));
                file.Write(image);
            }

            File.Move(temporary, PathOf(key), overwrite: true);
            Sweep();
        }
        catch (Exception exception) when (IsHarmless(exception))
        {
            Discard(temporary);
        }
    }

    /// <summary>Removes what nobody read for long, and what a process that died left behind; once.</summary>
    private void Sweep()
    {
        if (_isSwept)
        {
            return;
        }

        _isSwept = true;
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*.image*"))
        {
            if (DateTime.UtcNow - file.LastWriteTimeUtc > Unread)
            {
                Discard(file.FullName);
            }
        }
    }

    private static byte[] Checksum(string key, ReadOnlySpan<byte> image)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(key));
        hash.AppendData(image);
        return hash.GetHashAndReset();
    }

    private static string SystemFolder(Func<string, string?> environment)
    {
        if (OperatingSystem.IsWindows())
        {
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        }

        string home = environment("HOME") ?? "";
        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches") : Path.Combine(home, ".cache");
    }

    private static void Touch(string path)
    {
        try
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > Unread / 10)
            {
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            }
        }
        catch (Exception exception) when (IsHarmless(exception))
        {
            // An entry that only others may write is as good.
        }
    }

    private static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (IsHarmless(exception))
        {
            // What cannot be deleted is a stray file that no key leads to.
        }
    }

    private static bool IsHarmless(Exception exception) => exception is IOException or UnauthorizedAccessException or NotSupportedException;

    private string PathOf(string key) => Path.Combine(folder, key + ".image");

    // Whoever can write an image here runs code on the owner's GPU.
    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
