using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using Winnow.TestSupport;

namespace Winnow.Architecture;

/// <summary>The tree as it lies on disk and the assemblies built from it.</summary>
internal static class Repository
{
    private static readonly string[] NotSources = ["bin", "obj", "artifacts", "node_modules", "TestResults", "BenchmarkDotNet.Artifacts"];

    public static string Root => SharedFiles.RepositoryRoot;

    /// <summary>The names of the projects under src.</summary>
    public static IEnumerable<string> SourceProjects() =>
        Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Order(StringComparer.Ordinal);

    public static Assembly Load(string project) => Assembly.Load(new AssemblyName(project));

    /// <summary>Source files with one of the extensions below a folder, as paths relative to the root with forward slashes.</summary>
    public static IEnumerable<string> Sources(string folder, params string[] extensions)
    {
        string start = Path.Combine(Root, folder);
        if (!Directory.Exists(start))
        {
            return [];
        }

        return Walk(new DirectoryInfo(start))
            .Where(file => extensions.Contains(file.Extension, StringComparer.Ordinal))
            .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);
    }

    public static string[] Lines(string relativePath) => File.ReadAllLines(Path.Combine(Root, relativePath));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder)
    {
        IEnumerable<FileInfo> below = folder.EnumerateDirectories()
            .Where(child => !child.Name.StartsWith('.') && !NotSources.Contains(child.Name, StringComparer.Ordinal))
            .SelectMany(Walk);
        return folder.EnumerateFiles().Concat(below);
    }
}
