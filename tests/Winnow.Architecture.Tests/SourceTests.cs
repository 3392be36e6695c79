using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace Winnow.Architecture;

/// <summary>The form of the sources: length, one public type a file, folders as namespaces, nothing unfinished.</summary>
public sealed partial class SourceTests
{
    private const int MaximumLines = 450;

    private static readonly string[] Folders = ["src", "tests", "bench", "interop", "kernels"];

    [Test]
    public void File_HasAtMostFourHundredAndFiftyLines()
    {
        IEnumerable<string> tooLong = Folders
            .SelectMany(folder => Repository.Sources(folder, ".cs", ".cu", ".cuh", ".c", ".h", ".py"))
            .Select(path => (Path: path, Count: Repository.Lines(path).Length))
            .Where(file => file.Count > MaximumLines)
            .Select(file => $"{file.Path}: {file.Count} lines");

        Assert.That(tooLong, Is.Empty, "split these by concern");
    }

    [Test]
    public void File_HasOnePublicTypeThatItIsNamedAfter()
    {
        List<string> wrong = [];
        foreach (string path in Repository.Sources("src", ".cs"))
        {
            string[] types = [.. Repository.Lines(path)
                .Select(line => PublicType().Match(line))
                .Where(match => match.Success)
                .Select(match => match.Groups["name"].Value)
                .Distinct(StringComparer.Ordinal)];
            string stem = Path.GetFileName(path).Split('.', '{')[0];
            if (types.Length > 1 || (types.Length == 1 && types[0] != stem))
            {
                wrong.Add($"{path}: {string.Join(", ", types)}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Namespace_IsTheFolder()
    {
        List<string> wrong = [];
        foreach (string path in Repository.Sources("src", ".cs"))
        {
            string? declared = Repository.Lines(path).Select(line => Namespace().Match(line)).FirstOrDefault(match => match.Success)?.Groups["name"].Value;
            string[] parts = path.Split('/');
            string root = parts[1] == "Winnow.Core" ? "Winnow" : parts[1];
            string expected = string.Join('.', [root, .. parts[2..^1]]);
            if (declared is not null && declared != expected)
            {
                wrong.Add($"{path}: {declared}, not {expected}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void Source_HoldsNothingUnfinished()
    {
        List<string> found = [];
        foreach (string path in Folders.SelectMany(folder => Repository.Sources(folder, ".cs", ".cu", ".cuh", ".c", ".h", ".py", ".mjs")))
        {
            if (!path.EndsWith("/SourceTests.cs", StringComparison.Ordinal))
            {
                found.AddRange(Repository.Lines(path).Where(line => Unfinished().IsMatch(line)).Select(line => $"{path}: {line.Trim()}"));
            }
        }

        Assert.That(found, Is.Empty);
    }

    [Test]
    public void Suppression_GivesItsReasonOnTheSameLine()
    {
        IEnumerable<string> silent = Folders
            .SelectMany(folder => Repository.Sources(folder, ".cs"))
            .SelectMany(path => Repository.Lines(path).Select(line => (Path: path, Line: line)))
            .Where(at => at.Line.Contains("SuppressMessage(", StringComparison.Ordinal) && !at.Line.Contains("Justification", StringComparison.Ordinal))
            .Where(at => !at.Path.EndsWith("/SourceTests.cs", StringComparison.Ordinal))
            .Select(at => $"{at.Path}: {at.Line.Trim()}");

        Assert.That(silent, Is.Empty);
    }

    [GeneratedRegex(@"^public (?:(?:static|sealed|abstract|readonly|ref|partial|unsafe|record) )*(?:class|struct|record|interface|enum|delegate \S+) (?<name>\w+)")]
    private static partial Regex PublicType();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);")]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\bTODO\b|\bFIXME\b|\bHACK\b|NotImplementedException|#pragma warning disable|\[Ignore\b|\[Explicit\b")]
    private static partial Regex Unfinished();
}
