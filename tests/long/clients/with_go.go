// The tasks of a client in ../../README.md, with Go's net/http.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
)

var base, protocol, ca, root = os.Args[1], os.Args[2], os.Args[3], os.Args[4]

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func check(holds bool, what ...any) {
	if !holds {
		log.Fatal(what...)
	}
}

func ask(client *http.Client, request *http.Request) (*http.Response, []byte) {
	answer := must(client.Do(request))
	defer answer.Body.Close()
	return answer, must(io.ReadAll(answer.Body))
}

func get(client *http.Client, path string, fields ...string) (*http.Response, []byte) {
	request := must(http.NewRequest("GET", base+path, nil))
	for i := 0; i < len(fields); i += 2 {
		request.Header.Set(fields[i], fields[i+1])
	}
	return ask(client, request)
}

func post(client *http.Client, content string) (*http.Response, []byte) {
	request := must(http.NewRequest("POST", base+"/upload", strings.NewReader(content)))
	request.Header.Set("Content-Type", "application/json")
	return ask(client, request)
}

func main() {
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(must(os.ReadFile(ca)))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: protocol == "h2"}
	if protocol != "h2" {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	client := &http.Client{Transport: transport}
	major := map[bool]int{true: 2, false: 1}[protocol == "h2"]

	answer, content := get(client, "/about.html")
	check(answer.StatusCode == 200 && answer.ProtoMajor == major, answer)
	check(bytes.Equal(content, must(os.ReadFile(root+"/about.html"))), "about.html differs")
	fmt.Println("ok get")

	answer, _ = get(client, "/about.html", "If-None-Match", answer.Header.Get("ETag"))
	check(answer.StatusCode == 304, answer)
	fmt.Println("ok revalidation")

	answer, _ = post(client, `{"from":"go"}`)
	check(answer.StatusCode == 201, answer)
	_, content = get(client, answer.Header.Get("Location"))
	check(string(content) == `{"from":"go"}`, string(content))
	fmt.Println("ok upload")

	large := must(os.ReadFile(root + "/large.bin"))
	_, content = get(client, "/large.bin")
	check(bytes.Equal(content, large), "large.bin differs")
	fmt.Println("ok large")

	answer, content = get(client, "/large.bin", "Range", "bytes=1000-1999")
	check(answer.StatusCode == 206 && bytes.Equal(content, large[1000:2000]), answer)
	fmt.Println("ok range")

	var group sync.WaitGroup
	for i := 0; i < 10; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < 25; i++ {
				answer, _ := get(client, "/about.html")
				check(answer.StatusCode == 200, answer)
			}
		}()
	}
	group.Wait()
	fmt.Println("ok many")

	answer, content = post(client, "["+strings.Repeat(" ", 5_000_000)+"]")
	check(answer.StatusCode == 413 && bytes.Contains(content, []byte("413")), answer)
	fmt.Println("ok refusal")
}
